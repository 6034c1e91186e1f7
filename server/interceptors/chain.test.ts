import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { fastify } from "fastify";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { connectLane } from "../lanes/connect-lane.ts";
import { createOnePort } from "../listener/one-port.ts";
import { logTo } from "../logger.ts";
import { callContextValues } from "./call-info.ts";
import { createChain } from "./chain.ts";

const secret = "SELECT password FROM /etc/passwd";
const logged: { requestId: string; code: string; level: number; err?: { message: string; stack: string } }[] = [];
const onePort = createOnePort();
let baseUrl = "";

before(async () => {
  const app = fastify({ serverFactory: onePort.serverFactory });
  const log = logTo({ write: line => logged.push(JSON.parse(line)) }, "info");
  await connectLane(app, {
    routes: router => {
      router.service(Greeter, {
        sayHello() {
          throw new Error(secret);
        },
        async *sayHelloStream() {
          yield { message: "one" };
          throw new TypeError(secret);
        },
        async sayHelloToMany() {
          throw new ConnectError("told as it is", Code.FailedPrecondition);
        },
      });
    },
    interceptors: createChain({ log }),
    contextValues: callContextValues,
    maxMessageBytes: 1000,
    maxDeadlineMs: 1000,
    shutdownSignal: new AbortController().signal,
  });
  await app.ready();
  const [address] = await onePort.listen({ host: "127.0.0.1", port: 0 });
  baseUrl = `http://127.0.0.1:${address?.port}`;
});
after(() => onePort.drain(0));

async function errorOf(call: () => Promise<unknown>): Promise<ConnectError> {
  try {
    await call();
  } catch (error) {
    return ConnectError.from(error);
  }
  assert.fail("the call succeeds");
}

const transports = { createGrpcTransport, createConnectTransport };

for (const [name, createTransport] of Object.entries(transports)) {
  const client = () => createClient(Greeter, createTransport({ baseUrl, httpVersion: "2" }));

  test(`${name}: an unexpected error is "internal error" to the client, and whole in the log`, async () => {
    for (const call of [
      () => client().sayHello({}),
      async () => {
        for await (const { message } of client().sayHelloStream({})) assert.equal(message, "one");
      },
    ]) {
      logged.length = 0;
      const error = await errorOf(call);
      assert.equal(error.code, Code.Internal);
      assert.equal(error.rawMessage, "internal error");
      assert.deepEqual(error.details, []);
      const [line] = logged;
      assert.equal(error.metadata.get("x-request-id"), line?.requestId);
      assert.equal(line?.code, "INTERNAL");
      assert.equal(line?.level, 50);
      assert.equal(line?.err?.message, secret);
      assert.match(line?.err?.stack ?? "", /chain\.test\.ts/);
    }
  });

  test(`${name}: an error meant for the client reaches it`, async () => {
    const error = await errorOf(() => client().sayHelloToMany((async function* () {})()));
    assert.equal(error.code, Code.FailedPrecondition);
    assert.equal(error.rawMessage, "told as it is");
  });
}
