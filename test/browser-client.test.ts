import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { build, type Rolldown } from "vite";
import type * as client from "../client/web.ts";
import { openBrowser } from "./support/browser.ts";
import { makeFolder } from "./support/certificates.ts";
import { freePort } from "./support/free-port.ts";
import { startServer } from "./support/server.ts";
import { passOn, startTcp } from "./support/tcp-server.ts";

/** Not of this machine by its name, and without TLS: what browsers call an insecure context. */
const host = "site.example.com";
let code = "";
/** What a page's calls below `/api` are answered by, and the cookies that they bring. */
const upstream = { port: 0, cookies: [] as (string | undefined)[] };
/** A site of somebody else, whose pages use the client as Vite makes it; below `/api` it hands on to a server. */
const site = http.createServer((request, response) => {
  const { url = "", method, headers } = request;
  if (url.startsWith("/api/")) {
    upstream.cookies.push(headers.cookie);
    const onward = { host: "127.0.0.1", port: upstream.port, path: url.slice(4), method, headers };
    request.pipe(
      http.request(onward, answer => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }),
    );
    return;
  }
  const isCode = url === "/client.js";
  response.setHeader("content-type", isCode ? "text/javascript" : "text/html");
  response.setHeader("set-cookie", "flavour=oat");
  response.end(isCode ? code : "<!doctype html><title>a site</title>");
});
let origin = "";
let browser: Browser;
before(async () => {
  const entry = fileURLToPath(new URL("../client/web.ts", import.meta.url));
  const lib = { entry, formats: ["es" as const], fileName: "client" };
  const [{ output }] = (await build({ configFile: false, logLevel: "silent", build: { write: false, lib } })) as [
    Rolldown.RolldownOutput,
  ];
  code = output[0].code;
  site.listen(0, "127.0.0.1");
  await once(site, "listening");
  origin = `http://${host}:${(site.address() as AddressInfo).port}`;
  browser = await openBrowser([`--host-resolver-rules=MAP ${host} 127.0.0.1`]);
});
after(async () => {
  await browser.close();
  site.closeAllConnections();
  site.close();
});

declare global {
  /** What a page of these tests holds on to. */
  var concierge: client.Concierge;
  var conciergeError: typeof client.conciergeError;
  var told: string[];
}

/** A page with a client of a server on another origin. */
async function openClient(options: Omit<client.ConciergeOptions, "fetch">): Promise<Page & AsyncDisposable> {
  const page = await browser.newPage();
  await page.goto(origin);
  await page.evaluate(async options => {
    const file = "/client.js";
    const { createConcierge, conciergeError } = (await import(file)) as typeof client;
    Object.assign(globalThis, { concierge: createConcierge(options), conciergeError, told: [] });
  }, options);
  return Object.assign(page, { [Symbol.asyncDispose]: () => page.close() });
}

for (const protocol of ["connect", "grpc-web"] as const) {
  test(`a page of another origin, without TLS, calls, streams, writes and reads errors over ${protocol}`, async () => {
    await using server = await startServer({ CORS_ORIGINS: origin });
    await using page = await openClient({ baseUrl: server.baseUrl, protocol });
    assert.equal(await page.evaluate("isSecureContext"), false);
    await page.evaluate(() => concierge.waitForReady());
    const greeting = page.evaluate(async () => (await concierge.greeter.sayHello({ name: "Ada" })).message);
    assert.equal(await greeting, "Hello, Ada!");
    const names = page.evaluate(async () => {
      const names: string[] = [];
      for await (const { name } of concierge.directory.exportUsers({})) names.push(name);
      return names;
    });
    assert.equal((await names).length, 5);
    const id = page.evaluate(async () => {
      const user = { name: "Grace", email: "grace@example.com" };
      return (await concierge.directory.createUser({ user })).id;
    });
    assert.equal(await id, "6");
    const error = page.evaluate(async () => {
      const call = concierge.directory.createUser({ user: { name: " ", email: "x" } });
      const { codeName, violations, requestId } = conciergeError(await call.catch(reason => reason));
      return { codeName, field: violations[0]?.field, requestId };
    });
    const { requestId, ...told } = await error;
    assert.deepEqual(told, { codeName: "invalid_argument", field: "user.name" });
    assert.match(requestId ?? "", /^[0-9a-f-]{36}$/);
  });

  test(`a call of a page whose connection is reset is repeated over ${protocol}`, async () => {
    await using server = await startServer({ CORS_ORIGINS: origin });
    await using front = await startTcp((socket, number) => {
      if (number === 1) socket.resetAndDestroy();
      else passOn(socket, server.port);
    });
    await using page = await openClient({ baseUrl: front.baseUrl, protocol });
    const call = page.evaluate(async () => (await concierge.directory.listUsers({})).users.length);
    assert.equal(await call, 5);
    assert.ok(front.connections > 1);
  });
}

for (const protocol of ["connect", "grpc-web"] as const) {
  test(`a page calls by a URL relative to itself, with or without its cookies, over ${protocol}`, async () => {
    // Behind the site, the origin of the page is not the server's own.
    await using server = await startServer({ CORS_ORIGINS: origin });
    upstream.port = server.port;
    for (const [credentials, cookie] of [
      [undefined, "flavour=oat"],
      ["include", "flavour=oat"],
      ["omit", undefined],
    ] as const) {
      upstream.cookies.length = 0;
      await using page = await openClient({ baseUrl: "/api", protocol, ...(credentials && { credentials }) });
      const greeting = page.evaluate(async () => (await concierge.greeter.sayHello({ name: "Ada" })).message);
      assert.equal(await greeting, "Hello, Ada!");
      assert.deepEqual(upstream.cookies, [cookie]);
    }
    await using page = await openClient({ baseUrl: "./api/", protocol });
    const names = page.evaluate(async () => (await concierge.directory.listUsers({})).users.length);
    assert.equal(await names, 5);
  });
}

test("a page's own fetch makes the requests, with the credentials that it is told", async () => {
  await using server = await startServer({ CORS_ORIGINS: origin });
  upstream.port = server.port;
  await using page = await browser.newPage();
  await page.goto(origin);
  const seen = page.evaluate(async () => {
    const file = "/client.js";
    const { createConcierge } = (await import(file)) as typeof client;
    const seen: unknown[] = [];
    const credentials = "include";
    const concierge = createConcierge({
      baseUrl: "/api",
      credentials,
      fetch: (input, init) => {
        seen.push([String(input), init?.credentials]);
        return fetch(input, init);
      },
    });
    seen.push((await concierge.greeter.sayHello({ name: "Ada" })).message);
    return seen;
  });
  assert.deepEqual(await seen, [[`${origin}/api/greeter.Greeter/SayHello`, "include"], "Hello, Ada!"]);
});

/** Has a page keep in `told` what a watch tells, and how it is connected. */
function startWatch(page: Page): Promise<void> {
  return page.evaluate(() => {
    const onConnection = ({ state }: client.WatchConnection) => told.push(state);
    void (async () => {
      for await (const item of concierge.watch({ onConnection })) {
        if (item.kind === "transaction") told.push(...item.events.map(({ type, userId }) => `${type} ${userId}`));
      }
    })();
  });
}

for (const why of ["the pause is over", "the network is back"]) {
  test(`a watch of a page goes on where its server is back once ${why}`, async () => {
    using folder = makeFolder();
    const PORT = String(await freePort());
    const env = { DATABASE_URL: `sqlite:${folder.path}/users.db`, CORS_ORIGINS: origin, PORT };
    const first = await startServer(env);
    await using page = await openClient({ baseUrl: first.baseUrl });
    const create = (email: string) =>
      page.evaluate(async email => void (await concierge.directory.createUser({ user: { name: "A", email } })), email);
    const tells = (text: string) => page.waitForFunction(text => told.includes(text), text);
    await startWatch(page);
    await tells("live");
    await create("a@example.com");
    await tells("created 6");
    const offline = why === "the network is back";
    // Pauses are a random part of the longest; here they are hours.
    if (offline) await page.evaluate("Math.random = () => 10_000");
    await first.app.close();
    await tells("lost");
    await using _second = await startServer(env);
    if (offline) await page.context().setOffline(true);
    if (offline) await page.context().setOffline(false);
    await create("b@example.com");
    await tells("created 7");
    const events = await page.evaluate(() => told.filter(text => text.startsWith("created")));
    assert.deepEqual(events, ["created 6", "created 7"]);
  });
}
