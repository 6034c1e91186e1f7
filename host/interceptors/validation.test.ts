import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type DescMethod, type MessageInitShape } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { Code, ConnectError } from "@connectrpc/connect";
import { ViolationsSchema } from "../../gen/buf/validate/validate_pb.ts";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { hasRules, validation } from "./validation.ts";
import { maxViolations } from "./validator.ts";

type Next = ReturnType<ReturnType<typeof validation>>;
type Request = Parameters<Next>[0];

/** What a message is refused with; undefined where it is not. */
async function errorOf<M extends DescMethod>(method: M, message: MessageInitShape<M["input"]>, stream: boolean) {
  const input = create(method.input, message);
  async function* one() {
    yield input;
  }
  const request = { stream, method, message: stream ? one() : input } as unknown as Request;
  try {
    await validation()(async ({ stream, message }) => {
      if (stream) await Array.fromAsync(message);
      return {} as never;
    })(request);
    return undefined;
  } catch (error) {
    return ConnectError.from(error);
  }
}

async function codeOf<M extends DescMethod>(method: M, message: MessageInitShape<M["input"]>, stream: boolean) {
  const error = await errorOf(method, message, stream);
  return error === undefined ? "OK" : Code[error.code];
}

for (const stream of [false, true]) {
  const kind = stream ? "streaming" : "unary";
  test(`${kind}: a message that breaks its rules is refused, one within them is not`, async () => {
    const { createUser } = DirectoryService.method;
    assert.equal(await codeOf(createUser, { user: { name: "x".repeat(201) } }, stream), "InvalidArgument");
    assert.equal(await codeOf(createUser, { user: { name: "Ada", email: "ada@example.org" } }, stream), "OK");
  });

  test(`${kind}: a message without rules passes`, async () => {
    assert.equal(await codeOf(Greeter.method.sayHello, { name: "Ada", age: -1 }, stream), "OK");
  });
}

/** The rules that a message with as many empty ids is told to break. */
async function brokenBy(ids: number): Promise<readonly string[]> {
  const error = await errorOf(DirectoryService.method.batchGetUsers, { ids: Array<string>(ids).fill("") }, false);
  assert.equal(error?.code, Code.InvalidArgument);
  return error.findDetails(ViolationsSchema).flatMap(({ violations }) => violations.map(({ ruleId }) => ruleId));
}

test("of what is wrong in a message, no more is told than anybody needs", async () => {
  assert.deepEqual(await brokenBy(3), Array(3).fill("string.min_len"));
  assert.deepEqual(await brokenBy(1000), Array(maxViolations).fill("string.min_len"));
});

test("a list above its bound is refused without a look at its items", async () => {
  assert.deepEqual(await brokenBy(1001), ["repeated.max_items"]);
  assert.deepEqual(await brokenBy(2_000_000), ["repeated.max_items"]);
});

test("rules are found at any depth, and only where there are some", () => {
  assert.equal(hasRules(DirectoryService.method.createUser.input), true);
  for (const method of Greeter.methods) {
    assert.equal(hasRules(method.input), false, method.name);
    assert.equal(createValidator().validate(method.input, create(method.input)).kind, "valid");
  }
});
