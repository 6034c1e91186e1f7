import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createPageServer } from "../../http2/h2spec.fixture.ts";
import { makeCertificates } from "../support/certificates.ts";
import { runH2spec } from "./h2spec/run.ts";

/** A server to be judged, and whether it speaks TLS. */
interface Target extends AsyncDisposable {
  readonly port: number;
  readonly secure: boolean;
}

/** All of h2spec 2.2.1, those included that it calls strict. */
const cases = 146;

const targets: Readonly<Record<string, () => Promise<Target>>> = {
  "the engine in the clear": () => serveEngine(false),
  "the engine over TLS": () => serveEngine(true),
};

async function serveEngine(secure: boolean): Promise<Target> {
  using certificates = secure ? await makeCertificates() : undefined;
  const server = createPageServer(certificates?.server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    secure,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}

for (const [name, serve] of Object.entries(targets)) {
  test(`${name} passes all cases of h2spec`, async () => {
    await using target = await serve();
    const { output, ...counts } = await runH2spec(target.port, target.secure);
    assert.deepEqual(counts, { tests: cases, passed: cases, skipped: 0, failed: 0 }, output);
  });
}
