import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type {
  Role,
  Start,
  SubscribeRequestSchema,
  WatchRequestSchema,
} from "../../gen/concierge/directory/v1/directory_pb.ts";
import { ALL } from "../support/feed.ts";
import { all, type BadInput, stream } from "./case.ts";
import { PAGE, type Scene, USED_REQUEST } from "./scene.ts";

const INVALID = { code: Code.InvalidArgument };

/** Tokens that a page of {@link PAGE} does not go on with. */
const BAD_TOKENS: readonly ((scene: Scene) => string)[] = [
  () => "x",
  ({ pageToken }) => `x${pageToken}`,
  ({ pageToken }) => pageToken.slice(0, -1),
  ({ pageToken }) =>
    `${pageToken.slice(0, -2)}${pageToken.endsWith("A", pageToken.length - 1) ? "B" : "A"}${pageToken.at(-1)}`,
  ({ pageToken }) => `${pageToken}=`,
  ({ foreignPageToken }) => foreignPageToken,
];

/** Bad input of the methods of `DirectoryService` that read. */
const READS: Readonly<Record<string, readonly BadInput[]>> = {
  GetUser: [
    { ...INVALID, call: ({ directory }) => directory.getUser({}), field: "key", says: "required" },
    ...(
      [
        ["id", "", "1 character"],
        ["id", "9".repeat(21), "20"],
        ["email", "a@", "3 characters"],
        ["email", "x".repeat(255), "254"],
      ] as const
    ).map(([field, value, says]) => ({
      ...INVALID,
      call: ({ directory }: Scene) => directory.getUser({ key: { case: field, value } }),
      field,
      says,
    })),
    ...(["99", "0", "01", "-1", "x", "9".repeat(20)] as const).map(value => ({
      call: ({ directory }: Scene) => directory.getUser({ key: { case: "id", value } }),
      code: Code.NotFound,
      says: `user "${value}" not found`,
    })),
    {
      call: ({ directory }) => directory.getUser({ key: { case: "email", value: "nobody@example.com" } }),
      code: Code.NotFound,
      says: 'user "nobody@example.com" not found',
    },
  ],
  BatchGetUsers: [
    { ...INVALID, call: ({ directory }) => directory.batchGetUsers({}), field: "ids", says: "at least 1" },
    {
      ...INVALID,
      call: ({ directory }) => directory.batchGetUsers({ ids: Array(1001).fill("1") }),
      field: "ids",
      says: "1000",
    },
    { ...INVALID, call: ({ directory }) => directory.batchGetUsers({ ids: ["1", ""] }), field: "ids[1]", says: "1" },
    {
      ...INVALID,
      call: ({ directory }) => directory.batchGetUsers({ ids: ["1", "9".repeat(21)] }),
      field: "ids[1]",
      says: "20",
    },
    {
      call: ({ directory }) => directory.batchGetUsers({ ids: ["1", "99"] }),
      code: Code.NotFound,
      says: 'user "99" not found',
    },
  ],
  ListUsers: [
    { ...INVALID, call: ({ directory }) => directory.listUsers({ pageSize: -1 }), field: "page_size", says: "0" },
    {
      ...INVALID,
      call: ({ directory }) => directory.listUsers({ pageToken: "x".repeat(4097) }),
      field: "page_token",
      says: "4096",
    },
    ...BAD_TOKENS.map(token => ({
      ...INVALID,
      call: (scene: Scene) => scene.directory.listUsers({ ...PAGE, pageToken: token(scene) }),
      field: "page_token",
      says: "was not given for a request with these arguments",
    })),
    ...[{ orderBy: "name" }, { filter: "role = ADMIN" }, { showDeleted: true }, { includeTotalSize: true }].map(
      other => ({
        ...INVALID,
        call: ({ directory, pageToken }: Scene) => directory.listUsers({ ...PAGE, ...other, pageToken }),
        field: "page_token",
        says: "was not given for a request with these arguments",
      }),
    ),
    ...ofFilter(({ directory }, filter) => directory.listUsers({ filter })),
    {
      ...INVALID,
      call: ({ directory }) => directory.listUsers({ orderBy: "x".repeat(65) }),
      field: "order_by",
      says: "64",
    },
    ...["age", "name up", "name, email", "NAME"].map(orderBy => ({
      ...INVALID,
      call: ({ directory }: Scene) => directory.listUsers({ orderBy }),
      field: "order_by",
      says: `"${orderBy}" is not one of`,
    })),
  ],
  ExportUsers: ofFilter(({ directory }, filter) => all(directory.exportUsers({ filter }))),
};

function ofFilter(call: (scene: Scene, filter: string) => Promise<unknown>): BadInput[] {
  return [
    { ...INVALID, call: scene => call(scene, "x".repeat(1025)), field: "filter", says: "1024" },
    { ...INVALID, call: scene => call(scene, "x\0"), field: "filter", says: "U+0000" },
    ...["age = 3", "role = KING", "name:z*", 'name:"x', "a OR b"].map(filter => ({
      ...INVALID,
      call: (scene: Scene) => call(scene, filter),
      field: "filter",
      says: JSON.stringify(filter).slice(1, 5),
    })),
  ];
}

const EVENT = { userId: "2", type: "login" };

const REPORTS: readonly BadInput[] = (
  [
    ["user_id", { ...EVENT, userId: "" }, "1 character"],
    ["user_id", { ...EVENT, userId: "9".repeat(21) }, "20"],
    ["type", { ...EVENT, type: "" }, "^[a-z]"],
    ["type", { ...EVENT, type: "Login" }, "^[a-z]"],
    ["type", { ...EVENT, type: "x".repeat(64) }, "^[a-z]"],
    ["type", { ...EVENT, type: "deleted" }, '"deleted" is reserved'],
    ["payload", { ...EVENT, payload: new Uint8Array(8193) }, "8192"],
    ["request_id", { ...EVENT, requestId: "1" }, "UUID"],
    ["request_id", { ...EVENT, requestId: USED_REQUEST }, "was used with another payload"],
  ] as const
).map(([field, request, says]) => ({
  ...INVALID,
  call: ({ directory }: Scene) => directory.reportEvent(request),
  field,
  says,
}));

type Subscription = MessageInitShape<typeof SubscribeRequestSchema>;

const SUBSCRIPTIONS: readonly (readonly [field: string, request: Subscription, says: string])[] = [
  ["selector", {}, "required"],
  ["selector.kind", { selector: {} }, "required"],
  ["selector.user_id", { selector: { kind: { case: "userId", value: "" } } }, "1 character"],
  ["selector.user_id", { selector: { kind: { case: "userId", value: "9".repeat(21) } } }, "20"],
  ["selector.user_id", { selector: { kind: { case: "userId", value: "x" } } }, '"x" is not the id of a user'],
  ["selector.role", { selector: { kind: { case: "role", value: 9 as Role } } }, "defined"],
  ["selector.role", { selector: { kind: { case: "role", value: 0 } } }, "1 to 3"],
  ["selector.all", { selector: { kind: { case: "all", value: false } } }, '"false" selects nothing'],
  ["start", { selector: ALL, start: 9 as Start }, "defined"],
  ["resume_token", { selector: ALL, resumeToken: "x".repeat(1025) }, "1024"],
  ["resume_token", { selector: ALL, resumeToken: "x" }, "resume_token"],
  ["resume_token", { selector: ALL, start: 3 }, "required"],
];

type Watch = MessageInitShape<typeof WatchRequestSchema>;

/** Only what is about no subscription ends the stream; a bad subscription fails by itself. */
const WATCHES: readonly (readonly [field: string, request: Watch, says: string])[] = [["action", {}, "required"]];

/** Bad input of the methods of `DirectoryService` that do not change users. */
export const DIRECTORY_CALLS: Readonly<Record<string, readonly BadInput[]>> = {
  ...READS,
  ReportEvent: [
    ...REPORTS,
    {
      call: ({ directory }) => directory.reportEvent({ ...EVENT, userId: "99" }),
      code: Code.NotFound,
      says: 'user "99" not found',
    },
  ],
  Subscribe: SUBSCRIPTIONS.map(([field, request, says]) => ({
    ...INVALID,
    call: ({ directory }: Scene) => all(directory.subscribe(request)),
    field,
    says,
  })),
  Watch: WATCHES.map(([field, request, says]) => ({
    ...INVALID,
    call: ({ directory }: Scene) => all(directory.watch(stream(request))),
    field,
    says,
  })),
};
