import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { createConcierge } from "./web.ts";

for (const [protocol, type] of [
  ["connect", "application/connect+proto"],
  ["grpc-web", "application/grpc-web+proto"],
] as const) {
  test(`a stream that a proxy ends before its end is a connection that was lost, over ${protocol}`, async t => {
    let body = "";
    const server = createServer((_request, response) => response.setHeader("content-type", type).end(body));
    t.after(() => server.close());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const concierge = createConcierge({ baseUrl, protocol, retry: false });
    for (body of ["", "\0\0\0", "\0\0\0\0\0"]) {
      const error = await Array.fromAsync(concierge.greeter.sayHelloStream({})).catch(reason => reason);
      assert.equal(error.code, Code.Unavailable, error.message);
    }
  });
}
