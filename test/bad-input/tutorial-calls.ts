import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type {
  CreateUserRequestSchema as CreateTutorialUserSchema,
  UserRole,
} from "../../gen/techoral/users/v1/user_service_pb.ts";
import type { CreateUserRequestSchema as CreateDemoUserSchema } from "../../gen/user_service_pb.ts";
import { all, type BadInput, stream } from "./case.ts";
import type { Scene } from "./scene.ts";

type TutorialUser = MessageInitShape<typeof CreateTutorialUserSchema>;
type DemoUser = MessageInitShape<typeof CreateDemoUserSchema>;

const INVALID = { code: Code.InvalidArgument };
const GOOD = { name: "Zoe", email: "zoe@example.com" };

/** Users that both contracts can say, and both refuse. */
const BAD_USERS: readonly (readonly [field: string, user: typeof GOOD, says: string])[] = [
  ["name", { ...GOOD, name: "" }, "at least 1"],
  ["name", { ...GOOD, name: "x".repeat(201) }, "at most 200"],
  ["name", { ...GOOD, name: "a\u0007b" }, "control character"],
  ["email", { ...GOOD, email: "" }, "is not an address"],
  ["email", { ...GOOD, email: "zoe" }, '"zoe" is not an address'],
  ["email", { ...GOOD, email: `${"z".repeat(243)}@example.com` }, "at most 254"],
];

/** What may not be created. */
function ofUser<T>(
  call: (scene: Scene, user: T) => Promise<unknown>,
  bad: readonly (readonly [field: string, user: T, says: string])[],
  taken: T,
  index?: number,
): BadInput[] {
  return [
    ...bad.map(([field, user, says]) => ({
      ...INVALID,
      call: (scene: Scene) => call(scene, user),
      field,
      index,
      says,
    })),
    { call: scene => call(scene, taken), code: Code.AlreadyExists, index, says: `is taken` },
  ];
}

function ofNumber(field: string, call: (scene: Scene, value: number) => Promise<unknown>): BadInput {
  return { ...INVALID, call: scene => call(scene, -1), field, says: `${field} "-1" is below 0` };
}

const TAKEN = { ...GOOD, email: "ALICE@Example.com" };
const TUTORIAL_USERS: Parameters<typeof ofUser<TutorialUser>>[1] = [
  ...BAD_USERS,
  ["role", { ...GOOD, role: 4 as UserRole }, '"4" is not one of 0 to 3'],
];
const DEMO_USERS: Parameters<typeof ofUser<DemoUser>>[1] = [
  ...BAD_USERS,
  ["age", { ...GOOD, age: -1 }, "from 0 to 150"],
  ["age", { ...GOOD, age: 151 }, "from 0 to 150"],
];

/** Bad input of the methods of `techoral.users.v1.UserService`. */
export const TUTORIAL_CALLS: Readonly<Record<string, readonly BadInput[]>> = {
  GetUser: [
    { ...INVALID, call: ({ tutorials }) => tutorials.getUser({}), says: "user_id is required" },
    ...["99", "x", "5"].map(userId => ({
      call: ({ tutorials }: Scene) => tutorials.getUser({ userId }),
      code: Code.NotFound,
      says: `User ${userId} not found`,
    })),
  ],
  ListUsers: [
    ofNumber("limit", ({ tutorials }, limit) => all(tutorials.listUsers({ limit }))),
    ofNumber("offset", ({ tutorials }, offset) => all(tutorials.listUsers({ offset }))),
    {
      ...INVALID,
      call: ({ tutorials }) => all(tutorials.listUsers({ filterRole: "king" })),
      field: "filter_role",
      says: '"king" is not one of admin, editor, viewer',
    },
  ],
  CreateUser: ofUser(({ tutorials }, user) => tutorials.createUser(user), TUTORIAL_USERS, TAKEN),
  BulkCreateUsers: ofUser(
    ({ tutorials }, user) => tutorials.bulkCreateUsers(stream<TutorialUser>({ name: "Y", email: "y@x.y" }, user)),
    TUTORIAL_USERS,
    TAKEN,
    1,
  ),
};

/** Bad input of the methods of `UserService`. */
export const DEMO_CALLS: Readonly<Record<string, readonly BadInput[]>> = {
  StreamUsers: [
    {
      ...INVALID,
      call: ({ demo }) => all(demo.streamUsers(stream({ userId: 1, message: "x\0" }))),
      field: "message",
      says: "U+0000",
    },
  ],
  GetUser: [
    { ...INVALID, call: ({ demo }) => demo.getUser({}), says: "user_id is required" },
    ...[99, -1, 5].map(userId => ({
      call: ({ demo }: Scene) => demo.getUser({ userId }),
      code: Code.NotFound,
      says: `User ${userId} not found`,
    })),
  ],
  ListUsers: [ofNumber("limit", ({ demo }, limit) => all(demo.listUsers({ limit })))],
  CreateUser: ofUser(({ demo }, user) => demo.createUser(user), DEMO_USERS, TAKEN),
  BatchCreateUsers: ofUser(
    ({ demo }, user) => demo.batchCreateUsers(stream<DemoUser>({ name: "Y", email: "y@x.y" }, user)),
    DEMO_USERS,
    TAKEN,
    1,
  ),
};
