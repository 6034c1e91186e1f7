import assert from "node:assert/strict";
import { test } from "node:test";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { ViolationsSchema } from "../gen/buf/validate/validate_pb.ts";
import { DirectoryService } from "../gen/concierge/directory/v1/directory_pb.ts";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { Greeter } from "../gen/greeter/greeter_pb.ts";
import { startServer } from "./support/server.ts";
import { transportsTo } from "./support/transports.ts";

/** A call that fails, and what its error says to programs. */
interface Case {
  readonly what: string;
  readonly call: (client: Client<typeof DirectoryService>, headers: Record<string, string>) => Promise<unknown>;
  readonly code: Code;
  /** `field: description`, of `google.rpc.BadRequest` and of protovalidate's `Violations`. */
  readonly fields?: readonly string[];
  /** `domain reason` of `google.rpc.ErrorInfo`. */
  readonly info?: string;
}

const good = { user: { name: "Ada", email: "ada@example.org" } };
const unruly = { user: { name: "A".repeat(201), email: "a@example.org", age: 151 }, requestId: "x" };
const broken = [
  "user.name: must be at most 200 characters",
  "user.age: must be greater than or equal to 0 and less than or equal to 150",
  "request_id: must be a valid UUID",
];
const nameless = { user: { name: " ", email: "b@example.org" } };
const empty = 'name "" has 0 characters, at least 1';

const cases: readonly Case[] = [
  {
    what: "rules of the contract, unary",
    call: (client, headers) => client.createUser(unruly, { headers }),
    code: Code.InvalidArgument,
    fields: broken,
  },
  {
    what: "rules of the contract, streamed",
    call: (client, headers) => client.importUsers(each(good, unruly), { headers }),
    code: Code.InvalidArgument,
    fields: broken,
    // Tells the index of the message.
    info: "concierge.directory INVALID_FIELD",
  },
  {
    what: "a rule of the directory, unary",
    call: (client, headers) => client.createUser(nameless, { headers }),
    code: Code.InvalidArgument,
    fields: [`user.name: ${empty}`],
    info: "concierge.directory INVALID_FIELD",
  },
  {
    what: "a rule of the directory, streamed",
    call: (client, headers) => client.importUsers(each(good, nameless), { headers }),
    code: Code.InvalidArgument,
    fields: [`user.name: user 1: ${empty}`],
    info: "concierge.directory INVALID_FIELD",
  },
  {
    what: "an error before a stream's first message",
    call: (client, headers) => Array.fromAsync(client.exportUsers({ filter: "x ==" }, { headers })),
    code: Code.InvalidArgument,
    fields: ['filter: filter "x ==" has no value after "x"'],
    info: "concierge.directory INVALID_FIELD",
  },
  {
    what: "a user who is not there",
    call: (client, headers) => client.getUser({ key: { case: "id", value: "99" } }, { headers }),
    code: Code.NotFound,
    info: "concierge.directory USER_NOT_FOUND",
  },
];

async function* each<T>(...messages: T[]) {
  yield* messages;
}

async function errorOf(call: Promise<unknown>): Promise<ConnectError> {
  return ConnectError.from(
    await call.then(
      () => assert.fail("the call succeeds"),
      reason => reason,
    ),
  );
}

function fieldsOf(error: ConnectError): string[] {
  return [
    ...error
      .findDetails(ViolationsSchema)
      .flatMap(({ violations }) => violations)
      .map(({ field, message }) => `${field?.elements.map(({ fieldName }) => fieldName).join(".")}: ${message}`),
    ...error
      .findDetails(BadRequestSchema)
      .flatMap(({ fieldViolations }) => fieldViolations)
      .map(({ field, description }) => `${field}: ${description}`),
  ];
}

for (const LANE of ["wire", "connect"]) {
  test(`${LANE} lane: errors say to programs what is wrong and where, and carry the id under which they are logged`, async () => {
    await using server = await startServer({ LANE });
    for (const [form, transport] of transportsTo(server.baseUrl)) {
      const client = createClient(DirectoryService, transport);
      for (const [index, { what, call, code, fields = [], info }] of cases.entries()) {
        const id = `${form.replaceAll(/[^\w.]/g, "")}-${index}`;
        const error = await errorOf(call(client, { "x-request-id": id }));
        assert.equal(error.code, code, `${form}, ${what}: ${error.message}`);
        assert.deepEqual(fieldsOf(error), fields, `${form}, ${what}`);
        const infos = error.findDetails(ErrorInfoSchema).map(({ domain, reason }) => `${domain} ${reason}`);
        assert.deepEqual(infos, info === undefined ? [] : [info], `${form}, ${what}`);
        assert.equal(error.metadata.get("x-request-id"), id, `${form}, ${what}`);
        const line = await server.line(({ requestId }) => requestId === id);
        assert.equal(String(line.code).replaceAll("_", ""), Code[code].toUpperCase(), `${form}, ${what}`);
      }
    }
  });

  test(`${LANE} lane: who calls too often is told when to come back`, async () => {
    await using server = await startServer({ LANE, RATE_LIMIT: "1/1" });
    for (const [form, transport] of transportsTo(server.baseUrl)) {
      const { sayHello } = createClient(Greeter, transport);
      let error: ConnectError | undefined;
      while (error === undefined) await sayHello({}).catch(reason => (error = ConnectError.from(reason)));
      assert.equal(error.code, Code.ResourceExhausted, form);
      assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, "RATE_LIMIT_EXCEEDED", form);
      const { seconds = -1n, nanos = 0 } = error.findDetails(RetryInfoSchema)[0]?.retryDelay ?? {};
      const ms = Number(seconds) * 1000 + nanos / 1e6;
      assert.ok(ms > 0 && ms <= 1000, `${form}: ${ms}`);
    }
  });
}
