import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import type { HandlerContext } from "@connectrpc/connect";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { createAlarms } from "../auth/alarms.ts";
import { callerKey } from "../auth/caller.ts";
import { createSecret, createSecretKeys } from "../auth/keys.ts";
import { mintToken } from "../auth/mint-token.ts";
import { readPolicies } from "../auth/policy.ts";
import { createTokenVerifier } from "../auth/token-verifier.ts";
import { callContextValues } from "./call-info.ts";
import type { CallSource } from "./call-source.ts";
import { createGate } from "./chain.ts";

test("a unary call with a known token passes all steps at once, and none asks for its signal", async () => {
  const secret = createSecret(randomBytes(32).toString("hex"));
  const gate = createGate({
    auth: {
      verifier: createTokenVerifier({ keys: createSecretKeys(secret) }),
      policies: readPolicies(UserService.methods),
      alarms: createAlarms(),
    },
    rate: { perSecond: 100, burst: 200 },
    maxStreamsPerCaller: 100,
  });
  const token = await mintToken({ secret, subject: "alice", role: "editor", ttlSeconds: 60 });
  const socket = { remoteAddress: "127.0.0.1", remotePort: 1 };
  const raw = { rawHeaders: ["Authorization", `Bearer ${token}`], headers: {}, socket };

  function createContext(): HandlerContext {
    const values = callContextValues({ raw } as unknown as CallSource);
    const method = UserService.method.createUser;
    return {
      method,
      service: method.parent,
      values,
      get signal(): AbortSignal {
        throw new Error("a signal is made");
      },
    } as unknown as HandlerContext;
  }

  await gate(createContext());
  for (let call = 0; call < 3; call++) {
    const context = createContext();
    assert.equal(gate(context), undefined);
    assert.equal(context.values.get(callerKey).subject, "alice");
  }
});
