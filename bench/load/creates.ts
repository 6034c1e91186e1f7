import { randomUUID } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { CreateUserRequestSchema, DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { envelope, pathOf } from "./call.ts";
import type { CreatesJob, JobResult } from "./job.ts";
import { ended, openSessions } from "./sessions.ts";

/** Connections that share the calls in flight. */
const CONNECTIONS = 10;

/** Creates users for some seconds and answers `rate`: acknowledged creates a second. Throws where one fails. */
export async function createUsers({ port, inFlight, seconds }: CreatesJob): Promise<JobResult> {
  using sessions = await openSessions(port, Math.min(CONNECTIONS, inFlight));
  const path = pathOf(DirectoryService.method.createUser);
  const run = randomUUID();
  let next = 0;
  let acknowledged = 0;
  const warm = performance.now() + (seconds * 1000) / 3;
  const end = warm + seconds * 1000;

  async function slot(index: number) {
    for (let now = 0; now < end; now = performance.now()) {
      const user = { name: "Grace Hopper", email: `user-${next++}@${run}.example.com`, age: 42 };
      const call = sessions.open(index, path);
      const done = ended(call, () => {});
      call.end(envelope(toBinary(CreateUserRequestSchema, create(CreateUserRequestSchema, { user }))));
      await done;
      if (now >= warm) acknowledged++;
    }
  }
  await Promise.all(Array.from({ length: inFlight }, (_, index) => slot(index)));
  return { rate: (1000 * acknowledged) / (performance.now() - warm) };
}
