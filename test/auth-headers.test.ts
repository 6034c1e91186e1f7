import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { Code, type ConnectRouter } from "@connectrpc/connect";
import { UserService } from "../gen/techoral/users/v1/user_service_pb.ts";
import { createSecret } from "../host/auth/keys.ts";
import { mintToken } from "../host/auth/mint-token.ts";
import { policyOf } from "../host/auth/policy.ts";
import { lanes, startGuarded } from "../host/interceptors/guarded.fixture.ts";
import { expectOverHttp1, expectOverHttp2 } from "./support/expecting.ts";
import { createRawCaller, type HttpVersion, wiresOf } from "./support/raw-calls.ts";
import { startServer } from "./support/server.ts";

const secretText = randomBytes(24).toString("base64url");
const secret = createSecret(secretText);
const versions: HttpVersion[] = ["1.1", "2"];

for (const LANE of ["wire", "connect"]) {
  for (const version of versions) {
    test(`${LANE} lane, HTTP/${version}: every method refuses by its headers alone: no byte of a body has come, nor its end`, async t => {
      await using server = await startServer({
        LANE,
        AUTH_JWT_SECRET: secretText,
        RATE_LIMIT: "off",
        LOG_LEVEL: "silent",
      });
      await using caller = createRawCaller(version, server.port);
      const nobody = `Bearer ${await mintToken({ secret, subject: "7", ttlSeconds: 60 })}`;
      const kinds = new Set<string>();
      let calls = 0;
      for (const method of server.app.services.flatMap(({ service }) => service.methods)) {
        // Over HTTP/1.1 it is answered 505, whoever calls.
        if (version === "1.1" && method.methodKind === "bidi_streaming") continue;
        const { access, self } = policyOf(method) ?? assert.fail();
        const decided = access !== "public" && access !== "signed-in" && !self;
        for (const wire of wiresOf(method)) {
          // A GET has no body.
          if (wire === "Connect GET") continue;
          for (const [headers, code] of [
            [["Bearer x"], Code.Unauthenticated],
            [[], access === "public" ? undefined : Code.Unauthenticated],
            [[nobody], decided ? Code.PermissionDenied : undefined],
          ] as const) {
            if (code === undefined) continue;
            const outcome = await caller.call(wire, method, headers, "none");
            assert.equal(outcome.code, code, `${method.parent.typeName}/${method.name} by ${wire}`);
            kinds.add(`${method.methodKind} ${wire}`);
            calls++;
          }
        }
      }
      assert.equal(kinds.size, version === "2" ? 12 : 9);
      t.diagnostic(`${calls} calls`);
    });
  }
}

for (const LANE of ["wire", "connect"]) {
  test(`${LANE} lane: who asks first whether to send a body is told to by the gate`, async () => {
    await using server = await startServer({ LANE, AUTH_JWT_SECRET: secretText, LOG_LEVEL: "silent" });
    const path = `/${UserService.typeName}/${UserService.method.createUser.name}`;
    const headers = { expect: "100-continue", "content-type": "application/json" };
    const good = `Bearer ${await mintToken({ secret, subject: "7", role: "editor", ttlSeconds: 60 })}`;
    for (const expecting of [expectOverHttp1, expectOverHttp2]) {
      const refused = await expecting(server.port, path, { ...headers, authorization: "Bearer x" });
      assert.deepEqual([refused.status, refused.continues], [401, 0]);
      const asked = await expecting(server.port, path, { ...headers, authorization: good });
      // What it sends then is no JSON.
      assert.deepEqual([asked.status, asked.continues], [400, 1]);
    }
  });
}

for (const [laneName, lane] of Object.entries(lanes)) {
  test(`${laneName}: who calls too often, or has too many streams, is refused by the headers alone as well`, async () => {
    const routes = (router: ConnectRouter) => {
      router.service(UserService, {
        getUser: () => ({}),
        async bulkCreateUsers(requests) {
          for await (const _ of requests);
          return {};
        },
      });
    };
    const { getUser, bulkCreateUsers } = UserService.method;
    // Slow enough that no call is let in by time.
    await using limited = await startGuarded(lane, routes, { rate: { perSecond: 0.001, burst: 1 } });
    await using narrow = await startGuarded(lane, routes, { maxStreamsPerCaller: 1 });
    for (const version of versions) {
      for (const wire of ["gRPC", "gRPC-Web", "Connect"] as const) {
        const subject = `${version} ${wire}`;
        await using often = createRawCaller(version, limited.port);
        const limitedToken = [`Bearer ${await limited.token(subject)}`];
        assert.equal((await often.call(wire, getUser, limitedToken)).code, 0);
        assert.equal((await often.call(wire, getUser, limitedToken, "none")).code, Code.ResourceExhausted, subject);

        await using many = createRawCaller(version, narrow.port);
        const narrowToken = [`Bearer ${await narrow.token(subject, "admin")}`];
        // One of them waits for messages that never come.
        const two = [1, 2].map(() => many.call(wire, bulkCreateUsers, narrowToken, "none"));
        for (const each of two) each.catch(() => {});
        assert.equal((await Promise.race(two)).code, Code.ResourceExhausted, subject);
      }
    }
  });
}
