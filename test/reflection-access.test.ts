import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ServerReflection } from "../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionV1alpha } from "../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { createSecret } from "../host/auth/keys.ts";
import { mintToken } from "../host/auth/mint-token.ts";
import { startServer } from "./support/server.ts";

const secretText = randomBytes(24).toString("base64url");
const secret = createSecret(secretText);

async function* listServices() {
  yield { messageRequest: { case: "listServices", value: "" } } as const;
}

/** The code that each version of reflection answers with. */
async function codesOf(baseUrl: string, headers: Record<string, string>): Promise<string[]> {
  const codes: string[] = [];
  for (const service of [ServerReflection, ServerReflectionV1alpha]) {
    const client = createClient(service, createGrpcTransport({ baseUrl }));
    try {
      const replies = await Array.fromAsync(client.serverReflectionInfo(listServices(), { headers }));
      codes.push(replies[0]?.messageResponse.case === "listServicesResponse" ? "OK" : "no answer");
    } catch (error) {
      codes.push(Code[ConnectError.from(error).code]);
    }
  }
  return codes;
}

for (const LANE of ["wire", "connect"]) {
  test(`${LANE} lane: REFLECTION says who may ask where callers sign in`, async () => {
    const token = await mintToken({ secret, subject: "7", ttlSeconds: 60 });
    for (const [REFLECTION, anonymous, withToken] of [
      ["on", "OK", "OK"],
      ["auth", "Unauthenticated", "OK"],
      ["", "Unauthenticated", "OK"],
      ["off", "Unimplemented", "Unimplemented"],
    ] as const) {
      await using server = await startServer({ LANE, REFLECTION, AUTH_JWT_SECRET: secretText });
      const { baseUrl } = server;
      assert.deepEqual(await codesOf(baseUrl, {}), [anonymous, anonymous], REFLECTION);
      const signedIn = await codesOf(baseUrl, { authorization: `Bearer ${token}` });
      assert.deepEqual(signedIn, [withToken, withToken], REFLECTION);
      const bad = await codesOf(baseUrl, { authorization: `Bearer ${token}x` });
      assert.ok(!bad.includes("OK"), REFLECTION);
    }
  });

  test(`${LANE} lane: everybody may ask where nobody signs in, unless REFLECTION is off`, async () => {
    for (const [REFLECTION, answer] of [
      ["on", "OK"],
      ["auth", "OK"],
      ["", "OK"],
      ["off", "Unimplemented"],
    ] as const) {
      await using server = await startServer({ LANE, REFLECTION });
      assert.deepEqual(await codesOf(server.baseUrl, {}), [answer, answer], REFLECTION);
    }
  });
}
