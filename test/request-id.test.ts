import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { envelop } from "../protocol/envelope.ts";
import type { HttpVersion } from "./support/raw-calls.ts";
import { type RawRequest, sendRaw } from "./support/raw-requests.ts";
import { startServer } from "./support/server.ts";

const origin = "https://app.example.com";
const path = "/greeter.Greeter/SayHello";
const nothing = envelop(0, new Uint8Array());

/** Requests that end before any service has seen them, wherever that is decided. */
const requests: [string, RawRequest][] = [
  ["an unknown path", { path: "/none", headers: { "content-type": "application/json" }, body: "{}" }],
  ["an unknown path of gRPC", { path: "/none", headers: { "content-type": "application/grpc" }, body: nothing }],
  ["a path that is no URL", { verb: "GET", path: "/%zz", body: "" }],
  ["a wrong verb", { verb: "PUT", path, headers: { "content-type": "application/json" }, body: "{}" }],
  ["a wrong type", { path, headers: { "content-type": "text/plain" }, body: "{}" }],
  ["a preflight", { verb: "OPTIONS", path, headers: { origin, "access-control-request-method": "POST" }, body: "" }],
  [
    "another site",
    { path, headers: { "content-type": "application/json", "sec-fetch-site": "cross-site" }, body: "{}" },
  ],
  ["another host", { path, headers: { "content-type": "application/json", host: "evil.example.com" }, body: "{}" }],
  ["a probe", { verb: "GET", path: "/livez", body: "" }],
];
for (const [what, type, prefix, timeout, bad] of [
  ["Connect", "application/json", "content", "connect-timeout-ms", "{"],
  [
    "Connect, streamed",
    "application/connect+json",
    "connect-content",
    "connect-timeout-ms",
    envelop(0, Buffer.from("{")),
  ],
  ["gRPC", "application/grpc", "grpc", "grpc-timeout", envelop(0, Buffer.from([255]))],
  ["gRPC-Web", "application/grpc-web", "grpc", "grpc-timeout", envelop(0, Buffer.from([255]))],
] as const) {
  const headers = { "content-type": type };
  const paths = what === "Connect" ? [path] : [`${path}Stream`, `${path.replace("SayHello", "SayHelloToMany")}`];
  if (what.startsWith("gRPC")) paths.push(path);
  for (const each of paths) {
    const name = `${what}, ${each.split("/").at(-1)}`;
    requests.push(
      [`${name}: no message`, { path: each, headers, body: bad }],
      [
        `${name}: an unknown compression`,
        { path: each, headers: { ...headers, [`${prefix}-encoding`]: "xz" }, body: bad },
      ],
      [`${name}: a malformed deadline`, { path: each, headers: { ...headers, [timeout]: "soon" }, body: bad }],
      [
        `${name}: a deadline`,
        { path: each, headers: { ...headers, [timeout]: timeout === "grpc-timeout" ? "20m" : "20" } },
      ],
      [`${name}: a bad token`, { path: each, headers: { ...headers, authorization: "Bearer x" }, body: bad }],
    );
  }
}

for (const LANE of ["wire", "connect"]) {
  for (const version of ["1.1", "2"] satisfies HttpVersion[]) {
    test(`${LANE} lane, HTTP/${version}: every answer has its id in its headers, and one line of the log has it, too`, async () => {
      const secret = randomBytes(24).toString("base64url");
      await using server = await startServer({ LANE, AUTH_JWT_SECRET: secret, CORS_ORIGINS: origin });
      const sent: [id: string, what: string][] = [];
      for (const [index, [what, request]] of requests.entries()) {
        // The stock lane answers no deadline while it waits for a body.
        if (LANE === "connect" && request.body === undefined) continue;
        const id = `id-${index}`;
        const { headers } = await sendRaw(version, server.port, {
          ...request,
          headers: { ...request.headers, "x-request-id": id },
        });
        assert.equal(headers["x-request-id"], id, what);
        sent.push([id, what]);
      }
      // What is told of a request when its connection is done with it has been told by then.
      await server.app.close();
      for (const [id, what] of sent) {
        assert.equal(server.lines.filter(({ requestId }) => requestId === id).length, 1, what);
      }
    });
  }

  test(`${LANE} lane: an id that is not fit for a log is answered with another one`, async () => {
    await using server = await startServer({ LANE });
    for (const version of ["1.1", "2"] satisfies HttpVersion[]) {
      for (const id of ["", "an id", "x".repeat(129), '{"a":1}', "a\tb", "caf\u00e9", "%0d%0a"]) {
        const headers = { "content-type": "application/json", "x-request-id": id };
        const sent = sendRaw(version, server.port, { path, headers, body: "{}" });
        assert.match(String((await sent).headers["x-request-id"]), /^[\da-f]{8}-[\da-f-]{27}$/, id);
      }
    }
  });
}
