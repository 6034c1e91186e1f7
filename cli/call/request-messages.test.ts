import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { file_techoral_users_v1_user_service, UserSchema } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { createFileSchema } from "../schema/schema.ts";
import { createPackedTypes } from "./packed-types.ts";
import { readMessage } from "./request-messages.ts";

test("a whole number arrives as it is typed, however large", async () => {
  const message = await readMessage({
    data: '{"id":"1","createdAt":9007199254740993}',
    stdin: Readable.from([]),
    type: UserSchema,
    types: createPackedTypes(createFileSchema([file_techoral_users_v1_user_service.proto])),
    signal: new AbortController().signal,
  });
  assert.equal((message as unknown as { createdAt: bigint }).createdAt, 9007199254740993n);
});
