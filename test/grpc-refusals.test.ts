import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import type { HttpEngine } from "../host/listener/one-port.ts";
import { endHeaders, endStream, frame, framesOf, hello, literal, types } from "./support/frames.ts";
import { openHttp2 } from "./support/open-http2.ts";
import { connect } from "./support/port.ts";
import { startServer, type TestServer } from "./support/server.ts";

// What a gRPC client is told of a request that never becomes a call: Trailers-Only, as grpc/grpc-go#658 and others want it.
for (const engine of ["engine", "node"] as const satisfies HttpEngine[]) {
  let server: TestServer;
  before(async () => {
    server = await startServer({ HTTP_ENGINE: engine });
  });
  after(() => server[Symbol.asyncDispose]());

  for (const [what, path, fields] of [
    ["an unknown method", "/no.Such/Method", []],
    ["a path that cannot be decoded", "/%zz", []],
    ["a host that is not this server's", "/greeter.Greeter/SayHello", [["host", "evil.example"]]],
  ] as const) {
    test(`${engine}: ${what} is refused by one block of headers that ends the stream`, async () => {
      const socket = await connect(server.port);
      // `:method: POST` and `:scheme: http` are indexed (RFC 7541 appendix A).
      const block = Buffer.concat([
        Buffer.from([0x83, 0x86]),
        literal(":path", path),
        literal("content-type", "application/grpc"),
        literal("te", "trailers"),
        ...(fields.length > 0 ? fields.map(([name, value]) => literal(name, value)) : [literal("host", "localhost")]),
      ]);
      socket.write(Buffer.concat([hello, frame(types.headers, endHeaders, 1, block)]));
      socket.write(frame(types.data, endStream, 1, Buffer.from([0, 0, 0, 0, 0])));
      let bytes = Buffer.alloc(0);
      const sent = () => framesOf(bytes).filter(({ stream }) => stream === 1);
      for await (const chunk of socket) {
        bytes = Buffer.concat([bytes, chunk]);
        if (sent().some(({ flags }) => (flags & endStream) !== 0)) break;
      }
      assert.deepEqual(
        sent().map(({ type, flags }) => [type, flags & endStream]),
        [[types.headers, endStream]],
      );
    });
  }

  test(`${engine}: grpc-js hears the code of a refusal`, async () => {
    const client = new Client(`localhost:${server.port}`, credentials.createInsecure());
    const error = await new Promise<ServiceError>(resolve =>
      client.makeUnaryRequest(
        "/no.Such/Method",
        bytes => bytes,
        bytes => bytes,
        Buffer.alloc(0),
        failed => resolve(failed as ServiceError),
      ),
    );
    client.close();
    assert.equal(error.code, 12);
    assert.match(error.details, /\/no\.Such\/Method is not served here/);
  });

  test(`${engine}: what is no gRPC is refused by status and text`, async () => {
    const session = openHttp2(server.baseUrl);
    const stream = session.request({ ":path": "/no.Such/Method" });
    const body = (await stream.toArray()).join("");
    assert.match(body, /is not served here/);
    session.close();
  });
}
