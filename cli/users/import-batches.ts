import type { MessageInitShape } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { conciergeError } from "../../client/errors.ts";
import type { ImportUsersRequestSchema } from "../../gen/concierge/directory/v1/directory_pb.ts";
import type { ClientContext } from "../command.ts";
import { LineError } from "../input.ts";
import type { Batch } from "./batches.ts";
import { roleNames } from "./user-text.ts";

/**
 * Stores batches one after the other, and yields after each how many users it had. Throws {@link LineError} where the
 * server refuses a user, and what the call throws otherwise; nothing of that batch is stored then.
 */
export async function* importBatches(
  { concierge, streamCall }: ClientContext,
  batches: AsyncIterable<Batch>,
): AsyncGenerator<number> {
  for await (const batch of batches) {
    try {
      const { ids } = await concierge.directory.importUsers(toRequests(batch), streamCall);
      yield ids.length;
    } catch (error) {
      throw atLine(error, batch);
    }
  }
}

async function* toRequests({
  users,
  requestId,
}: Batch): AsyncGenerator<MessageInitShape<typeof ImportUsersRequestSchema>> {
  for (const { value } of users) {
    const { role = "viewer", ...rest } = value;
    yield { user: { ...rest, role: roleNames.get(role) }, requestId };
  }
}

/** Returns the error, with its line where it is about one user: the server counts from 0 within the batch. */
function atLine(error: unknown, { users }: Batch): unknown {
  if (!(error instanceof ConnectError)) return error;
  const { message, violations } = conciergeError(error);
  const index = /^user (\d+): /.exec(message)?.[1] ?? /^users\[(\d+)\]/.exec(violations[0]?.field ?? "")?.[1];
  const line = index === undefined ? undefined : users[Number(index)]?.line;
  if (line === undefined) return error;
  // Two lines of one email: the other one is named by its line, too.
  const text = message
    .replace(/^user \d+: /, "")
    .replace(/user (\d+)/, (whole, other) => (users[other] ? `line ${users[other].line}` : whole));
  return new LineError(line, text, { cause: error });
}
