import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type DescMethod, type MessageInitShape } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { Code, ConnectError } from "@connectrpc/connect";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { hasRules, validation } from "./validation.ts";

type Next = ReturnType<ReturnType<typeof validation>>;
type Request = Parameters<Next>[0];

async function codeOf<M extends DescMethod>(method: M, message: MessageInitShape<M["input"]>, stream: boolean) {
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
    return "OK";
  } catch (error) {
    return Code[ConnectError.from(error).code];
  }
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

test("rules are found at any depth, and only where there are some", () => {
  assert.equal(hasRules(DirectoryService.method.createUser.input), true);
  for (const method of Greeter.methods) {
    assert.equal(hasRules(method.input), false, method.name);
    assert.equal(createValidator().validate(method.input, create(method.input)).kind, "valid");
  }
});
