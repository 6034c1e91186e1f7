import { randomUUID } from "node:crypto";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { DirectoryService } from "../../../gen/concierge/directory/v1/directory_pb.ts";
import { UserService } from "../../../gen/techoral/users/v1/user_service_pb.ts";
import { isConnectionLost } from "../../support/lost-connection.ts";
import type { Random } from "../../support/random.ts";
import { batchOf } from "../batches.ts";

/** A request to store users, all or none. */
export interface Batch {
  readonly label: string;
  readonly size: number;
  readonly kind: Kind;
  /** Where the method takes one. */
  readonly requestId: string;
}

/** The ways in which users are stored; each one has {@link WRITERS_PER_KIND} writers. */
const KINDS = ["create", "import", "create as the tutorials do", "import as the tutorials do"] as const;
type Kind = (typeof KINDS)[number];

/** Each one has a request in flight at any time. */
const WRITERS_PER_KIND = 4;

/** Users of an import, at most. */
const IMPORT_USERS = 15;

/** Returns what sends a batch to a server, each kind over another protocol, and returns the users' ids. */
export function createSender(baseUrl: string): (batch: Batch) => Promise<readonly string[]> {
  const transports: Record<Kind, Transport> = {
    create: createGrpcTransport({ baseUrl }),
    import: createConnectTransport({ baseUrl, httpVersion: "2" }),
    "create as the tutorials do": createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false }),
    "import as the tutorials do": createGrpcWebTransport({ baseUrl, httpVersion: "2" }),
  };
  return async ({ kind, label, size, requestId }) => {
    const users = batchOf(label, size);
    const directory = createClient(DirectoryService, transports[kind]);
    const tutorials = createClient(UserService, transports[kind]);
    const [user] = users;
    switch (kind) {
      case "create":
        return [(await directory.createUser({ user, requestId })).id];
      case "import":
        return (await directory.importUsers(stream(users.map(user => ({ user, requestId }))))).ids;
      case "create as the tutorials do":
        return [(await tutorials.createUser({ ...user })).id];
      case "import as the tutorials do":
        return (await tutorials.bulkCreateUsers(stream(users))).users.map(({ id }) => id);
    }
  };
}

/**
 * Stores batches from many writers at once until the server is gone; tells each one that was acknowledged, and answers
 * those that were not. Throws where a server that is still there refuses one.
 */
export async function writeUntilGone(
  baseUrl: string,
  name: string,
  random: Random,
  acknowledged: (batch: Batch, ids: readonly string[]) => void,
): Promise<Batch[]> {
  const send = createSender(baseUrl);

  async function writer(kind: Kind, number: number): Promise<Batch> {
    for (let n = 0; ; n++) {
      const size = kind.startsWith("import") ? 2 + random.below(IMPORT_USERS - 1) : 1;
      const batch = { label: `${name}w${number}n${n}`, size, kind, requestId: randomUUID() };
      try {
        acknowledged(batch, await send(batch));
      } catch (reason) {
        if (isGone(reason)) return batch;
        throw reason;
      }
    }
  }

  const writers = Array.from({ length: WRITERS_PER_KIND * KINDS.length }, (_, number) => {
    return writer(KINDS[number % KINDS.length] ?? "create", number);
  });
  return Promise.all(writers);
}

/** Whether it was the connection that failed: no server says such things of a create. */
export function isGone(reason: unknown): boolean {
  return isConnectionLost(reason) || ConnectError.from(reason).code === Code.Canceled;
}

async function* stream<T>(messages: readonly T[]): AsyncGenerator<T> {
  yield* messages;
}
