import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { ViolationsSchema } from "../gen/buf/validate/validate_pb.ts";
import { DirectoryService } from "../gen/concierge/directory/v1/directory_pb.ts";
import { BadRequestSchema, ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { UserService as TutorialService } from "../gen/techoral/users/v1/user_service_pb.ts";
import { UserService as DemoService } from "../gen/user_service_pb.ts";
import type { BadInput } from "./bad-input/case.ts";
import { DIRECTORY_CALLS } from "./bad-input/directory-calls.ts";
import { DIRECTORY_CHANGES, LARGE_IMPORTS } from "./bad-input/directory-users.ts";
import { ruledFields } from "./bad-input/ruled-fields.ts";
import { contents, prepare, sceneOf } from "./bad-input/scene.ts";
import { DEMO_CALLS, TUTORIAL_CALLS } from "./bad-input/tutorial-calls.ts";
import { startServer } from "./support/server.ts";
import { transportsTo } from "./support/transports.ts";

const FORMS = ["gRPC binary, HTTP/2", "gRPC-Web binary, HTTP/2", "Connect JSON, HTTP/2"];

const DIRECTORY: Readonly<Record<string, readonly BadInput[]>> = { ...DIRECTORY_CALLS, ...DIRECTORY_CHANGES };
const SERVICES = [
  [DirectoryService, DIRECTORY],
  [TutorialService, TUTORIAL_CALLS],
  [DemoService, DEMO_CALLS],
] as const;

for (const form of FORMS) {
  test(`${form}: bad input is answered with its field and bound, and changes nothing`, async t => {
    const inputs = SERVICES.flatMap(([{ typeName }, methods]) =>
      Object.entries(methods).flatMap(([method, inputs]) =>
        inputs.map(input => [`${typeName}.${method}`, input] as const),
      ),
    );
    await assertRefused(form, inputs);
    t.diagnostic(`${inputs.length} bad inputs, each refused`);
  });

  test(`${form}: an import of 10,000 names the bad user, one of 10,001 is refused, and nothing is stored`, async () => {
    await assertRefused(
      form,
      LARGE_IMPORTS.map(input => ["import", input]),
    );
  });
}

test("every field of DirectoryService that has a rule is sent with a value that breaks it", () => {
  for (const method of DirectoryService.methods) {
    const tried = new Set(DIRECTORY[method.name]?.map(({ field }) => field?.replace(/\[\d+\]/, "[]")));
    for (const field of ruledFields(method)) {
      // A bad subscription of Watch fails alone: watch.test.ts.
      if (/^(add|remove)\./.test(field)) continue;
      assert.ok(tried.has(field), `${method.name}: ${field}`);
    }
  }
});

async function assertRefused(
  form: string,
  inputs: readonly (readonly [method: string, input: BadInput])[],
): Promise<void> {
  await using server = await startServer();
  const transport = transportsTo(server.baseUrl).get(form) ?? assert.fail(form);
  const scene = sceneOf(transport, await prepare(server));
  const before = await contents(server);
  for (const [number, [method, { call, ...expected }]] of inputs.entries()) {
    const error = await call(scene).then(() => undefined, ConnectError.from);
    assertSays(error, expected, `${method}, input ${number}`);
  }
  assert.deepEqual(await contents(server), before);
}

function assertSays(error: ConnectError | undefined, expected: Omit<BadInput, "call">, title: string): void {
  assert.ok(error, `${title} is taken`);
  const { code, rawMessage } = error;
  assert.equal(Code[code], Code[expected.code], `${title}: ${rawMessage}`);
  assert.ok(rawMessage.includes(expected.says), `${title}: ${rawMessage}`);
  assert.deepEqual(fieldsOf(error), expected.field === undefined ? [] : [expected.field], `${title}: ${rawMessage}`);
  const last =
    expected.field
      ?.split(/\W/)
      .filter(Boolean)
      .findLast(part => !/^\d+$/.test(part)) ?? "";
  assert.ok(rawMessage.includes(last), `${title} is answered without the field's name: ${rawMessage}`);
  const [info] = error.findDetails(ErrorInfoSchema);
  assert.equal(info?.metadata.index, expected.index?.toString(), `${title}: ${rawMessage}`);
}

/** The paths of the fields at fault: of the contract's rules, and of the directory's own. */
function fieldsOf(error: ConnectError): string[] {
  const broken = error.findDetails(ViolationsSchema).flatMap(({ violations }) => violations);
  const paths = broken.map(({ field }) => {
    const elements = field?.elements ?? [];
    return elements
      .map(({ fieldName, subscript }) => (subscript.case === "index" ? `${fieldName}[${subscript.value}]` : fieldName))
      .join(".");
  });
  const refused = error.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations);
  return [...paths, ...refused.map(({ field }) => field)];
}
