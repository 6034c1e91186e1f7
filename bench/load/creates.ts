import { randomUUID } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { CreateUserRequestSchema, DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { pathOf } from "./call.ts";
import { GrpcConnection } from "./grpc-connection.ts";
import type { CreatesJob, JobResult } from "./job.ts";

/** Connections that share the calls in flight. */
const CONNECTIONS = 10;
const path = pathOf(DirectoryService.method.createUser);

/** Creates users for some seconds and answers `rate`: acknowledged creates a second. Throws where one fails. */
export async function createUsers({ port, inFlight, seconds }: CreatesJob): Promise<JobResult> {
  const connections = await Promise.all(
    Array.from({ length: Math.min(CONNECTIONS, inFlight) }, () => GrpcConnection.open(port)),
  );
  const run = randomUUID();
  let next = 0;
  let acknowledged = 0;
  const warm = performance.now() + (seconds * 1000) / 3;
  const end = warm + seconds * 1000;

  async function slot(index: number) {
    const connection = connections[index % connections.length] as GrpcConnection;
    for (let now = 0; now < end; now = performance.now()) {
      const email = `user-${next++}@${run}.example.com`;
      const user = { name: "Grace Hopper", email, age: 42 };
      await createUser(connection, email, toBinary(CreateUserRequestSchema, create(CreateUserRequestSchema, { user })));
      if (now >= warm) acknowledged++;
    }
  }
  await Promise.all(Array.from({ length: inFlight }, (_, index) => slot(index)));
  await Promise.all(connections.map(connection => connection.close()));
  return { rate: (1000 * acknowledged) / (performance.now() - warm) };
}

/** Resolves once the reply is whole. Rejects where it does not show the user: a call that failed has no message. */
function createUser(connection: GrpcConnection, email: string, request: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    let created = false;
    connection.call(path, request, {
      message(bytes, start, end) {
        created = bytes.subarray(start, end).includes(email);
      },
      ended() {
        if (created) resolve();
        else reject(new Error(`the create of ${email} failed`));
      },
    });
  });
}
