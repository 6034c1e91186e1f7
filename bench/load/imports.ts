import { randomUUID } from "node:crypto";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  DirectoryService,
  ImportUsersRequestSchema,
  ImportUsersResponseSchema,
} from "../../gen/concierge/directory/v1/directory_pb.ts";
import {
  CreateUserRequestSchema,
  ListUsersResponseSchema,
  UserService,
} from "../../gen/techoral/users/v1/user_service_pb.ts";
import { envelope, pathOf } from "./call.ts";
import type { ExportJob, ImportJob, JobResult } from "./job.ts";
import { ended, openSessions } from "./sessions.ts";

interface Import {
  readonly path: string;
  readonly request: (user: { name: string; email: string }) => Uint8Array;
  readonly stored: (reply: Uint8Array) => number;
}

const imports: Readonly<Record<ImportJob["method"], Import>> = {
  ImportUsers: {
    path: pathOf(DirectoryService.method.importUsers),
    request: user => toBinary(ImportUsersRequestSchema, create(ImportUsersRequestSchema, { user })),
    stored: reply => fromBinary(ImportUsersResponseSchema, reply).ids.length,
  },
  BulkCreateUsers: {
    path: pathOf(UserService.method.bulkCreateUsers),
    request: user => toBinary(CreateUserRequestSchema, create(CreateUserRequestSchema, user)),
    stored: reply => fromBinary(ListUsersResponseSchema, reply).users.length,
  },
};

/** Stores users with one call and answers `ms`, from its start to its reply, and `rate` in users a second. */
export async function importUsers({ port, method, users }: ImportJob): Promise<JobResult> {
  using sessions = await openSessions(port, 1);
  const { path, request, stored } = imports[method];
  const run = randomUUID();
  const frames = Array.from({ length: users }, (_, index) =>
    envelope(request({ name: `User ${index}`, email: `user-${index}@${run}.example.com` })),
  );
  const start = performance.now();
  const call = sessions.open(0, path);
  const chunks: Buffer[] = [];
  const done = ended(call, chunk => chunks.push(chunk));
  call.cork();
  for (const frame of frames) call.write(frame);
  call.uncork();
  call.end();
  await done;
  const ms = performance.now() - start;
  const count = stored(Buffer.concat(chunks).subarray(5));
  if (count !== users) throw new Error(`${count} users were stored of ${users}`);
  return { ms, rate: (1000 * users) / ms };
}

/** Reads every user with one call and answers `users`, `ms` and `rate` in users a second. */
export async function exportUsers({ port }: ExportJob): Promise<JobResult> {
  using sessions = await openSessions(port, 1);
  const start = performance.now();
  const call = sessions.open(0, pathOf(DirectoryService.method.exportUsers));
  const count = countEnvelopes();
  const done = ended(call, count.add);
  call.end(envelope(new Uint8Array()));
  await done;
  const ms = performance.now() - start;
  return { users: count.complete(), ms, rate: (1000 * count.complete()) / ms };
}

/** Counts the envelopes of a stream as its bytes arrive, wherever they are cut. */
export function countEnvelopes(): { add(chunk: Buffer): void; complete(): number } {
  const head = Buffer.alloc(5);
  let headBytes = 0;
  let bodyBytes = 0;
  let complete = 0;
  return {
    add(chunk) {
      for (let at = 0; at < chunk.length; ) {
        if (headBytes < 5) {
          head[headBytes++] = chunk[at++] ?? 0;
          if (headBytes < 5) continue;
          bodyBytes = head.readUInt32BE(1);
        }
        const taken = Math.min(bodyBytes, chunk.length - at);
        at += taken;
        bodyBytes -= taken;
        if (bodyBytes > 0) continue;
        complete++;
        headBytes = 0;
      }
    },
    complete: () => complete,
  };
}
