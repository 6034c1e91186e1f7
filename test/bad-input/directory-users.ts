import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { ImportUsersRequestSchema, Role, UserSchema } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { type BadInput, stream } from "./case.ts";
import { type Scene, USED_REQUEST } from "./scene.ts";

type User = MessageInitShape<typeof UserSchema>;
type Import = MessageInitShape<typeof ImportUsersRequestSchema>;

const GOOD = { name: "Zoe", email: "zoe@example.com" };

/** Users that break a rule: the field at fault, the user, what is said of it. */
const BAD_USERS: readonly (readonly [field: string, user: User, says: string])[] = [
  ["user.name", { ...GOOD, name: "" }, "at least 1"],
  ["user.name", { ...GOOD, name: " \t\u3000" }, "at least 1"],
  ["user.name", { ...GOOD, name: "x".repeat(201) }, "200"],
  ["user.name", { ...GOOD, name: "a\u0007b" }, "control character"],
  ["user.email", { ...GOOD, email: "" }, "is not an address"],
  ["user.email", { ...GOOD, email: "zoe" }, '"zoe" is not an address'],
  ["user.email", { ...GOOD, email: `${"z".repeat(243)}@example.com` }, "254"],
  ["user.role", { ...GOOD, role: 4 as Role }, "defined"],
  ["user.age", { ...GOOD, age: -1 }, "0"],
  ["user.age", { ...GOOD, age: 151 }, "150"],
  ["user.bio", { ...GOOD, bio: "x".repeat(2001) }, "2000"],
  ["user.bio", { ...GOOD, bio: "x\0" }, "U+0000"],
];

/** What a request may not be, whichever method has such a user in it. */
function ofUser(call: (scene: Scene, user: User | undefined) => Promise<unknown>, index?: number): BadInput[] {
  const invalid = { code: Code.InvalidArgument, index };
  return [
    { ...invalid, call: scene => call(scene, undefined), field: "user", says: "required" },
    ...BAD_USERS.map(([field, user, says]) => ({ ...invalid, call: (scene: Scene) => call(scene, user), field, says })),
    {
      call: scene => call(scene, { ...GOOD, email: "ALICE@Example.com" }),
      code: Code.AlreadyExists,
      index,
      says: '"ALICE@Example.com" is taken',
    },
  ];
}

/** What request ids may not be. */
function ofRequestId(call: (scene: Scene, requestId: string) => Promise<unknown>, index?: number): BadInput[] {
  const invalid = { code: Code.InvalidArgument, field: "request_id" };
  return [
    { ...invalid, call: scene => call(scene, "1"), index, says: "UUID" },
    { ...invalid, call: scene => call(scene, USED_REQUEST), says: "was used with another payload" },
  ];
}

/** What an id and an etag may not be. */
function ofTarget(call: (scene: Scene, target: { id: string; etag?: string }) => Promise<unknown>): BadInput[] {
  return [
    { call: scene => call(scene, { id: "" }), code: Code.InvalidArgument, field: "id", says: "1 character" },
    { call: scene => call(scene, { id: "9".repeat(21) }), code: Code.InvalidArgument, field: "id", says: "20" },
    ...ofState(call),
    {
      call: scene => call(scene, { id: "2", etag: "x".repeat(65) }),
      code: Code.InvalidArgument,
      field: "etag",
      says: "64",
    },
  ];
}

function ofState(call: (scene: Scene, target: { id: string; etag?: string }) => Promise<unknown>): BadInput[] {
  return [
    { call: scene => call(scene, { id: "99" }), code: Code.NotFound, says: 'user "99" not found' },
    { call: scene => call(scene, { id: "x" }), code: Code.NotFound, says: 'user "x" not found' },
  ];
}

function ofEtag(call: (scene: Scene, target: { id: string; etag: string }) => Promise<unknown>): BadInput[] {
  const stale = { code: Code.Aborted, says: "is not its current one" };
  return [
    { ...stale, call: scene => call(scene, { id: "2", etag: scene.staleEtag }) },
    { ...stale, call: scene => call(scene, { id: "3", etag: scene.staleEtag }) },
    { ...stale, call: scene => call(scene, { id: "2", etag: "?" }) },
  ];
}

const SENT = Array.from(
  { length: 10_000 },
  (_, i): Import => ({ user: { name: `u${i}`, email: `u${i}@example.com` } }),
);

function importOf(messages: readonly Import[]): BadInput["call"] {
  return ({ directory }) => directory.importUsers(stream(...messages));
}

/** Imports with one bad user among 10,000, and with one user too many. */
export const LARGE_IMPORTS: readonly BadInput[] = [
  {
    call: importOf(SENT.with(9_999, { user: { ...GOOD, age: 151 } })),
    code: Code.InvalidArgument,
    field: "user.age",
    index: 9_999,
    says: "user 9999: ",
  },
  { call: importOf([...SENT, { user: GOOD }]), code: Code.ResourceExhausted, says: "more than 10000 users" },
];

/** Bad input of the methods of `DirectoryService` that change users. */
export const DIRECTORY_CHANGES: Readonly<Record<string, readonly BadInput[]>> = {
  CreateUser: [
    ...ofUser(({ directory }, user) => directory.createUser({ user })),
    ...ofRequestId(({ directory }, requestId) => directory.createUser({ user: GOOD, requestId })),
  ],
  ImportUsers: [
    ...ofUser(({ directory }, user) => directory.importUsers(stream<Import>({ user: GOOD }, { user })), 1),
    ...ofRequestId(({ directory }, requestId) => directory.importUsers(stream({ user: GOOD, requestId })), 0),
    {
      call: importOf([...SENT.slice(0, 3), { user: { name: "U", email: "U1@EXAMPLE.com" } }]),
      code: Code.InvalidArgument,
      field: "user.email",
      index: 3,
      says: '"U1@EXAMPLE.com" is that of user 1 too',
    },
  ],
  UpdateUser: [
    ...ofUser(({ directory }, user) => {
      return directory.updateUser({ user: user && { id: "2", ...user }, updateMask: { paths: ["*"] } });
    }),
    ...ofRequestId(({ directory }, requestId) => directory.updateUser({ user: { id: "2", age: 1 }, requestId })),
    ...ofState(({ directory }, target) => directory.updateUser({ user: { ...target, age: 1 } })),
    ...ofEtag(({ directory }, target) => directory.updateUser({ user: { ...target, age: 1 } })),
    {
      call: ({ directory }) => directory.updateUser({ user: { name: "X" } }),
      code: Code.InvalidArgument,
      field: "user.id",
      says: "required",
    },
    ...["id", "user.name", "names", "no_such_field"].map(path => ({
      call: ({ directory }: Scene) =>
        directory.updateUser({ user: { id: "2", age: 1 }, updateMask: { paths: [path] } }),
      code: Code.InvalidArgument,
      field: "update_mask",
      says: `"${path}"`,
    })),
    {
      call: ({ directory }) => directory.updateUser({ user: { id: "5", age: 1 } }),
      code: Code.NotFound,
      says: 'user "5" is deleted',
    },
  ],
  DeleteUser: [
    ...ofTarget(({ directory }, target) => directory.deleteUser(target)),
    ...ofEtag(({ directory }, target) => directory.deleteUser(target)),
    ...ofRequestId(({ directory }, requestId) => directory.deleteUser({ id: "2", requestId })),
    { call: ({ directory }) => directory.deleteUser({ id: "5" }), code: Code.NotFound, says: 'user "5" is deleted' },
  ],
  UndeleteUser: [
    ...ofTarget(({ directory }, target) => directory.undeleteUser(target)),
    ...ofRequestId(({ directory }, requestId) => directory.undeleteUser({ id: "5", requestId })),
    {
      call: ({ directory }) => directory.undeleteUser({ id: "5", etag: "?" }),
      code: Code.Aborted,
      says: "is not its current one",
    },
    { call: ({ directory }) => directory.undeleteUser({ id: "2" }), code: Code.AlreadyExists, says: "is not deleted" },
  ],
};
