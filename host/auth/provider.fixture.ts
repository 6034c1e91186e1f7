import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";

/** An identity provider on a free port of loopback: real HTTP, real keys. */
export interface Provider extends AsyncDisposable {
  readonly url: URL;
  /** Requests so far. */
  readonly fetches: number;
  /** Publishes one key, under a new id, and drops the ones before. */
  rotate(alg?: "RS256" | "ES256" | "EdDSA"): Promise<void>;
  /** From now on answers as told; what was held until now is answered so, too. */
  answer(
    how: "keys" | "error" | "never" | "held" | "garbage" | "redirect" | "flood" | { readonly keys: unknown },
  ): void;
  /** The current key, as it is published. */
  readonly jwk: JWK;
  /** Signs with the current key; `header` goes over what is right. */
  sign(payload: JWTPayload, header?: Readonly<Record<string, unknown>>): Promise<string>;
  /** The current key, as anybody knows it, in PEM. */
  publicPem(): Promise<string>;
}

/** Starts a provider with an ES256 key. */
export async function startProvider(): Promise<Provider> {
  let how: Parameters<Provider["answer"]>[0] = "keys";
  let fetches = 0;
  let key: { alg: string; kid: string; privateKey: CryptoKey; publicKey: CryptoKey; jwk: JWK } | undefined;
  let count = 0;

  const held: http.ServerResponse[] = [];
  const server = http.createServer((_request, response) => {
    fetches++;
    response.setHeader("content-type", "application/jwk-set+json");
    reply(response);
  });
  function reply(response: http.ServerResponse) {
    if (how === "held") held.push(response);
    else if (how === "keys") response.end(JSON.stringify({ keys: [key?.jwk] }));
    else if (how === "error") response.writeHead(500).end();
    else if (how === "garbage") response.end("<html>");
    else if (how === "redirect") response.writeHead(302, { location: "/elsewhere" }).end();
    else if (typeof how === "object") response.end(JSON.stringify(how));
    else if (how === "flood") response.end(" ".repeat(2_000_000));
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const provider: Provider = {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`),
    get fetches() {
      return fetches;
    },
    get jwk() {
      if (!key) throw new Error("no key");
      return key.jwk;
    },
    async rotate(alg = "ES256") {
      const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
      const kid = `key-${++count}`;
      key = { alg, kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
    },
    answer(next) {
      how = next;
      for (const response of held.splice(0)) reply(response);
    },
    async sign(payload, header = {}) {
      if (!key) throw new Error("no key");
      const { alg, kid, privateKey } = key;
      return new SignJWT(payload).setProtectedHeader({ alg, kid, ...header }).sign(privateKey);
    },
    async publicPem() {
      if (!key) throw new Error("no key");
      return exportSPKI(key.publicKey);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  await provider.rotate();
  return provider;
}
