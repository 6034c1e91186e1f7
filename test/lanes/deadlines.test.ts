import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Code } from "@connectrpc/connect";
import { json, post, serveAnswers } from "./answers.fixture.ts";
import { serveGreeter } from "./greeter-server.ts";
import type { TestServer } from "./listen.ts";
import { connect, hello, open, replyOf } from "./raw-http2.ts";

let server: TestServer;
before(async () => {
  server = await serveAnswers();
});
after(() => server[Symbol.asyncDispose]());

test("a deadline above the maximum is cut to it, and the service is told the one that holds", async () => {
  const told: (number | undefined)[] = [];
  await using capped = await serveGreeter(
    {
      sayHello(_, context) {
        told.push(context.timeoutMs());
        return {};
      },
    },
    { maxDeadlineMs: 60_000 },
  );
  const timeout = { ...json, "connect-timeout-ms": "61000" };
  const response = await fetch(`${capped.url}/greeter.Greeter/SayHello`, {
    method: "POST",
    body: "{}",
    headers: timeout,
  });
  assert.equal(response.status, 200);
  assert.ok((told[0] ?? Number.POSITIVE_INFINITY) <= 60_000, String(told[0]));
});

test("malformed deadlines are INVALID_ARGUMENT in the reply's own form", async () => {
  for (const value of ["x", "-1", "12345678901"]) {
    const response = await post(server, "SayHello", "{}", { ...json, "connect-timeout-ms": value });
    assert.equal(response.status, 400, value);
  }
  await using session = connect(server.url);
  for (const method of ["SayHello", "SayHelloStream"]) {
    for (const value of ["1", "1D", "123456789S"]) {
      const stream = open(session, method, { "grpc-timeout": value });
      stream.end(hello("a"));
      const { headers, trailers } = await replyOf(stream);
      assert.equal(headers[":status"], 200);
      assert.equal(trailers["grpc-status"], String(Code.InvalidArgument), value);
    }
  }
});
