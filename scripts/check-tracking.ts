import assert from "node:assert/strict";
import { type ChildProcess, execFileSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { startProvider } from "../host/auth/provider.fixture.ts";
import { openBrowser } from "../test/support/browser.ts";
import { makeCertificates } from "../test/support/certificates.ts";
import { startServer } from "./start-server.ts";

const path = "shipping.v1.TrackingService";

/** What somebody writes into a package.json beside the example. */
function manifest(host: string) {
  const { dependencies, devDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
  const pick = (...names: string[]) => Object.fromEntries(names.map(n => [n, dependencies[n] ?? devDependencies[n]]));
  const runtime = pick("@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-node");
  const tools = pick("@bufbuild/buf", "@bufbuild/protoc-gen-es", "@types/node", "typescript");
  return {
    ...{ name: "tracking", private: true, type: "module", scripts: { check: "buf generate && buf lint && tsc" } },
    ...{ allowScripts: { "@bufbuild/buf": true } },
    ...{ dependencies: { ...runtime, "concierge-host": `file:${host}` }, devDependencies: tools },
  };
}

/**
 * The tracking example from the packed host, in an empty folder within `folder`: tokens of an identity provider, roles, limits,
 * pages of elsewhere in a real browser, TLS, an interceptor and a route of its own, a deadline and request id through two
 * services, and a drain with an export in flight.
 */
export async function checkTracking(folder: string, host: string): Promise<void> {
  const cwd = join(folder, "tracking");
  mkdirSync(cwd);
  cpSync("examples/tracking", cwd, { recursive: true });
  writeFileSync(join(cwd, "package.json"), JSON.stringify(manifest(host)));
  const npm = (...args: string[]) => execFileSync("npm", args, { cwd, encoding: "utf8" });
  npm("install", "--no-audit", "--no-fund");
  npm("run", "check");

  await using provider = await startProvider();
  await provider.rotate();
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const sign = (role: string) => provider.sign({ sub: role, aud: "shipping", role, exp });
  const auth = { AUTH_JWKS_URL: provider.url.href, AUTH_AUDIENCE: "shipping" };
  const tokens = { viewer: await sign("viewer"), editor: await sign("editor") };
  await checkCalls(cwd, auth, tokens);
  await checkBrowser(cwd, auth);
  await checkTls(cwd, auth);
  await checkDrain(cwd, auth, tokens.viewer);
}

interface Tokens {
  readonly viewer: string;
  readonly editor: string;
}

type Env = Readonly<Record<string, string>>;

const json = { "content-type": "application/json" };

function call(port: string, method: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  const init = { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify(body) };
  return fetch(`http://localhost:${port}/${path}/${method}`, init);
}

async function end(server: ChildProcess): Promise<void> {
  server.kill();
  assert.deepEqual(await once(server, "exit"), [0, null]);
}

async function checkCalls(cwd: string, auth: Env, { viewer, editor }: Tokens): Promise<void> {
  const inner = await startServer(cwd, "server.ts", { ...auth, RATE_LIMIT: "off" });
  const outer = await startServer(cwd, "server.ts", {
    ...auth,
    RATE_LIMIT: "1/4",
    UPSTREAM: `http://localhost:${inner.port}`,
  });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const shipment = { address: { street: "Main", country: "DE" }, weightKg: 3 };
  const statusOf = async (...args: Parameters<typeof call>) => (await call(...args)).status;
  assert.equal(await statusOf(inner.port, "CreateShipment", shipment), 401);
  assert.equal(await statusOf(inner.port, "CreateShipment", shipment, bearer(viewer)), 403);
  assert.equal(await statusOf(inner.port, "CreateShipment", { ...shipment, weightKg: 71 }, bearer(editor)), 400);
  const created = await call(inner.port, "CreateShipment", shipment, bearer(editor));
  assert.deepEqual([created.status, created.headers.get("x-version")], [200, "1"]);

  const passed = await call(
    outer.port,
    "GetShipment",
    { id: "7" },
    { "x-request-id": "order-7", "connect-timeout-ms": "9000" },
  );
  assert.deepEqual([passed.status, passed.headers.get("x-request-id")], [200, "order-7"]);
  const refused: number[] = [];
  for (let n = 0; n < 5; n++) refused.push(await statusOf(outer.port, "GetShipment", { id: "7" }));
  assert.equal(refused.at(-1), 429);
  assert.equal(await (await fetch(`http://localhost:${outer.port}/readyz`)).text(), "ok\n");
  const ended = (await (await fetch(`http://localhost:${inner.port}/ended`)).json()) as { well: number; badly: number };
  assert.deepEqual([ended.well >= 2, ended.badly], [true, 3]);
  // By the contract, over gRPC, both ways.
  const streamed = execFileSync(
    "buf",
    [
      ...["curl", "--protocol", "grpc", "--http2-prior-knowledge", "--schema", "proto", "-d", '{"position":"a"}'],
      ...["-H", `authorization: Bearer ${editor}`, `http://localhost:${inner.port}/${path}/CourierLink`],
    ],
    { cwd, encoding: "utf8" },
  );
  assert.deepEqual(JSON.parse(streamed), { text: "position: a" });
  await end(outer.server);
  await end(inner.server);
}

async function checkBrowser(cwd: string, auth: Env): Promise<void> {
  const site = http.createServer((_request, response) => {
    response.setHeader("content-type", "text/html").end("<!doctype html><title>elsewhere</title>");
  });
  site.listen(0, "127.0.0.1");
  await once(site, "listening");
  const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  const env = { ...auth, CORS_ORIGINS: origin, CORS_ALLOWED_HEADERS: "x-tenant", CORS_EXPOSED_HEADERS: "x-version" };
  const { server, port } = await startServer(cwd, "server.ts", env);
  const browser = await openBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(origin);
    const seen = await page.evaluate(
      async ([url, init]) => {
        const response = await fetch(url, init);
        return [response.status, response.headers.get("x-version")];
      },
      [
        `http://localhost:${port}/${path}/GetShipment`,
        { method: "POST", headers: { ...json, "x-tenant": "acme" }, body: '{"id":"7"}' },
      ] as const,
    );
    assert.deepEqual(seen, [200, "1"]);
  } finally {
    await browser.close();
    site.closeAllConnections();
    site.close();
  }
  await end(server);
}

async function checkTls(cwd: string, auth: Env): Promise<void> {
  using certificates = await makeCertificates();
  const { certFile, keyFile, caFile } = certificates;
  const env = { ...auth, TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile };
  const { server, port } = await startServer(cwd, "server.ts", env);
  const url = `https://localhost:${port}/${path}/GetShipment`;
  const args = ["curl", "--protocol", "grpc", "--cacert", caFile, "--schema", "proto", "-d", '{"id":"7"}', url];
  assert.equal(JSON.parse(execFileSync("buf", args, { cwd, encoding: "utf8" })).id, "7");
  await end(server);
}

/** The export is finished whole after the signal, and the process ends by itself. */
async function checkDrain(cwd: string, auth: Env, token: string): Promise<void> {
  const { server, port } = await startServer(cwd, "server.ts", { ...auth, SHUTDOWN_GRACE_MS: "60000" });
  const count = 20;
  const body = Buffer.from(JSON.stringify({ id: "7", count, intervalMs: 50 }));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  const response = await fetch(`http://localhost:${port}/${path}/TrackShipment`, {
    method: "POST",
    headers: { "content-type": "application/connect+json", authorization: `Bearer ${token}` },
    body: Buffer.concat([head, body]),
  });
  const exit = once(server, "exit");
  let text = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    if (text === "") server.kill();
    text += chunk;
  }
  assert.equal(text.match(/"note"/g)?.length, count);
  assert.deepEqual(await exit, [0, null]);
}
