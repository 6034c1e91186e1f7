import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { Greeter, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { serve } from "../../host/served.ts";
import { startHost } from "../../test/support/service-host.ts";
import { createClient } from "../create-client.ts";
import { protocols } from "../protocol.ts";
import { createWireTransport } from "./transport.ts";

type Hello = MessageInitShape<typeof HelloRequestSchema>;

const host = () =>
  startHost(
    serve(Greeter, {
      async sayHelloToMany(people) {
        const names = await Array.fromAsync(people, ({ name }) => name);
        return { message: names.map(name => name.slice(0, 3)).join(", "), serverId: String(names.join("").length) };
      },
    }),
  );

/** A message with a field that its contract does not know, which protobuf-es alone writes. */
const extended = create(HelloRequestSchema, { name: "Bob" });
extended.$unknown = [{ no: 99, wireType: 0, data: Uint8Array.of(1) }];

for (const protocol of protocols) {
  test(`messages of a request arrive as they are, in their order, over ${protocol}`, async () => {
    await using server = await host();
    await using transport = createWireTransport({ baseUrl: server.baseUrl, protocol });
    async function* people(): AsyncGenerator<Hello> {
      yield { name: "Ada" };
      yield extended;
      yield {};
      yield { name: "Eve".repeat(20_000) };
      yield { name: "Max" };
    }
    const { message, serverId } = await createClient(Greeter, transport).sayHelloToMany(people());
    assert.deepEqual([message, serverId], ["Ada, Bob, , Eve, Max", "60009"]);
  });

  test(`a message that cannot be encoded ends its call alone, over ${protocol}`, async () => {
    await using server = await host();
    await using transport = createWireTransport({ baseUrl: server.baseUrl, protocol });
    const greeter = createClient(Greeter, transport);
    async function* people(age: number): AsyncGenerator<Hello> {
      yield { name: "Ada" };
      yield { name: "Eve", age };
    }
    await assert.rejects(greeter.sayHelloToMany(people(2 ** 40)), { code: Code.Internal });
    assert.equal((await greeter.sayHelloToMany(people(36))).message, "Ada, Eve");
  });
}
