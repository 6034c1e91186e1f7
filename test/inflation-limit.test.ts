import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { compressionGzip, createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { Greeter } from "../gen/greeter/greeter_pb.ts";
import { startServer } from "./support/server.ts";

const megabyte = 1024 * 1024;

/** Where a caller's messages may come to a megabyte a second, there may be one of these in three. */
const large = { name: "a".repeat(3 * megabyte) };

async function* twice<T>(message: T) {
  yield message;
  yield message;
}

/** What one of many calls at once is refused with: they come to half a minute's worth, however slow the machine is. */
async function refusalOf(call: () => Promise<unknown>): Promise<ConnectError> {
  const results = await Promise.allSettled(Array.from({ length: 10 }, call));
  const refused = results.find(({ status }) => status === "rejected") ?? assert.fail("no call was refused");
  return ConnectError.from((refused as PromiseRejectedResult).reason);
}

for (const [protocol, create] of [
  ["gRPC", createGrpcTransport],
  ["Connect", createConnectTransport],
] as const) {
  test(`${protocol}: what a caller's compressed messages come to is bounded, in calls and in streams`, async () => {
    await using server = await startServer({ LANE: "wire", INFLATE_LIMIT: "1/1", LOG_LEVEL: "silent" });
    const options = { baseUrl: server.baseUrl, httpVersion: "2" } as const;
    const plain = createClient(Greeter, create(options));
    const compressing = createClient(Greeter, create({ ...options, sendCompression: compressionGzip }));
    for (const call of [() => compressing.sayHello(large), () => compressing.sayHelloToMany(twice(large))]) {
      const error = await refusalOf(call);
      assert.equal(error.code, Code.ResourceExhausted, error.message);
      assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, "INFLATION_LIMIT_EXCEEDED");
      const { seconds = -1n, nanos = 0 } = error.findDetails(RetryInfoSchema)[0]?.retryDelay ?? {};
      assert.ok(Number(seconds) + nanos / 1e9 > 0);
    }
    // What is not compressed does not count.
    await plain.sayHello(large);
  });
}
