import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { create, type DescMethod, type Message } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { DirectoryService, Start, SubscribeRequestSchema } from "../gen/concierge/directory/v1/directory_pb.ts";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { createSecret } from "../host/auth/keys.ts";
import { mintToken } from "../host/auth/mint-token.ts";
import { toleranceSeconds } from "../host/auth/token-verifier.ts";
import { ALL } from "./support/feed.ts";
import { createRawCaller, type Wire } from "./support/raw-calls.ts";
import { type LogLine, startServer } from "./support/server.ts";

const secretText = randomBytes(24).toString("base64url");
const secret = createSecret(secretText);
const wires: Wire[] = ["gRPC", "gRPC-Web", "Connect"];

/** Streams of the server that say nothing, or no more, for as long as nothing happens. */
function idleStreams(methods: readonly DescMethod[]): [DescMethod, Message | "none"][] {
  // Their clients go on for ever without a message.
  const open = methods.filter(({ methodKind }) => methodKind === "client_streaming" || methodKind === "bidi_streaming");
  const subscribe = create(SubscribeRequestSchema, { selector: ALL, start: Start.NOW });
  return [
    ...open.map((method): [DescMethod, "none"] => [method, "none"]),
    [DirectoryService.method.subscribe, subscribe],
    [Health.method.watch, create(Health.method.watch.input)],
  ];
}

for (const LANE of ["wire", "connect"]) {
  test(`${LANE} lane: every stream that the server serves ends with its token, however idle`, async t => {
    let refused: LogLine[] = [];
    for (const seconds of [3, 10, 25]) {
      await using server = await startServer({ LANE, AUTH_JWT_SECRET: secretText, RATE_LIMIT: "off" });
      const streams = idleStreams(server.app.services.flatMap(({ service }) => service.methods));
      const ttlSeconds = seconds - toleranceSeconds;
      const token = `Bearer ${await mintToken({ secret, subject: "7", role: "admin", ttlSeconds })}`;
      await using caller = createRawCaller("2", server.port);
      const calls = streams.flatMap(([method, message]) => wires.map(wire => ({ method, message, wire })));
      await Promise.all(
        calls.map(async ({ method, message, wire }) => {
          const { code } = await caller.call(wire, method, [token], message);
          assert.equal(code, Code.Unauthenticated, `${method.parent.typeName}/${method.name} by ${wire}`);
        }),
      );
      const ended = server.lines.filter(({ msg }) => msg === "call");
      assert.deepEqual(new Set(ended.map(({ code }) => code)), new Set(["UNAUTHENTICATED"]));
      assert.equal(ended.length, calls.length);
      // One that was open when its token ended had been open for a while; a machine that is busy gets a longer token.
      refused = ended.filter(({ ms = 0 }) => ms <= 100);
      t.diagnostic(`${calls.length} streams of ${streams.length} methods, ${refused.length} came too late`);
      if (refused.length === 0) break;
    }
    assert.deepEqual(refused, []);
  });
}
