import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { pino } from "pino";
import { createHost } from "../../host/host.ts";
import { makeCertificates } from "../support/certificates.ts";
import { runH2spec } from "./h2spec/run.ts";

/** All of h2spec 2.2.1, those included that it calls strict. */
const cases = 146;

/** Long enough for h2spec to open as many streams as it wants to be open at once. */
const replyAfterMs = 50;

/** The whole host, with a page that Fastify serves. */
async function serveHost(tls?: Awaited<ReturnType<typeof makeCertificates>>) {
  const host = await createHost({ services: [], log: pino({ level: "silent" }), tls, shutdownGraceMs: 0 });
  host.fastify.all("/", async () => {
    await setTimeout(replyAfterMs);
    return "h2spec ".repeat(100);
  });
  const [address] = await host.listen({ host: "127.0.0.1", port: 0 });
  return { port: address?.port ?? 0, [Symbol.asyncDispose]: () => host.close() };
}

test("the host over TLS passes all cases of h2spec", async () => {
  using certificates = await makeCertificates();
  await using host = await serveHost(certificates);
  const { output, ...counts } = await runH2spec(host.port, true);
  assert.deepEqual(counts, { tests: cases, passed: cases, skipped: 0, failed: 0 }, output);
});

test("the host in the clear fails one case of h2spec alone: what is no preface may be HTTP/1.1, and is answered so", async () => {
  await using host = await serveHost();
  const { output, ...counts } = await runH2spec(host.port, false);
  assert.deepEqual(counts, { tests: cases, passed: cases - 1, skipped: 0, failed: 1 }, output);
  assert.match(output, /× 2: Sends invalid connection preface/);
});
