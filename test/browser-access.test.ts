import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import type { Browser, Page } from "playwright-core";
import { Greeter } from "../gen/greeter/greeter_pb.ts";
import { createSecret } from "../host/auth/keys.ts";
import { mintToken } from "../host/auth/mint-token.ts";
import type { Role } from "../host/auth/role.ts";
import { openBrowser, pageTimeoutMs } from "./support/browser.ts";
import { startServer, type TestServer } from "./support/server.ts";

const secret = randomBytes(24).toString("base64url");
/** A site of somebody else; its pages are empty, and the tests say what runs in them. */
const site = http.createServer((_request, response) => {
  response.setHeader("content-type", "text/html");
  response.end("<!doctype html><title>elsewhere</title>");
});
/** Not the server's own name, so that a browser takes the two for different sites. */
let elsewhere = "";
let browser: Browser;
before(async () => {
  site.listen(0, "127.0.0.1");
  await once(site, "listening");
  elsewhere = `http://localhost:${(site.address() as AddressInfo).port}`;
  // As a name server does that is in a page's own hands.
  browser = await openBrowser(["--host-resolver-rules=MAP rebound.example.com 127.0.0.1"]);
});
after(async () => {
  await browser.close();
  site.closeAllConnections();
  site.close();
});

async function openAt(url: string): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(pageTimeoutMs);
  await page.goto(url);
  return page;
}

interface Init {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly mode?: "no-cors";
  readonly credentials?: "include";
}

/** What a page of elsewhere gets when it calls: the status and body, or the name of what the browser throws. */
function callFrom(page: Page, server: TestServer, init: Init): Promise<string> {
  const url = `${server.baseUrl}/greeter.Greeter/SayHello`;
  return page.evaluate(
    async ([url, init]) => {
      try {
        const response = await fetch(url, init);
        return `${response.type} ${response.status} ${await response.text()}`;
      } catch (error) {
        return (error as Error).name;
      }
    },
    [url, init] as const,
  );
}

const asJson = { method: "POST", headers: { "content-type": "application/json" }, body: '{"name":"Eve"}' };

test("the page signs in with a token that it keeps nowhere", async () => {
  await using server = await startServer({ AUTH_JWT_SECRET: secret });
  const page = await openAt(server.baseUrl);
  const token = await mintToken({ secret: createSecret(secret), subject: "alice", role: "viewer", ttlSeconds: 60 });
  const field = page.getByLabel("Access token");
  assert.equal(await field.getAttribute("type"), "password");
  await field.fill(`Bearer ${token}`);
  for (const protocol of ["Connect JSON", "gRPC-Web"]) {
    const sent = page.waitForRequest(request => request.url().endsWith("/SayHello"));
    await page.getByLabel(protocol, { exact: true }).check();
    await page.getByRole("button", { name: "Greet", exact: true }).click();
    assert.equal(await (await sent).headerValue("authorization"), `Bearer ${token}`);
    await page.locator("#status[data-state=ok]", { hasText: protocol }).waitFor();
  }
  assert.match((await page.locator("#curl-say-hello").textContent()) ?? "", / -H "authorization: Bearer \$TOKEN" /);
  assert.ok(!((await page.locator("body").textContent()) ?? "").includes(token));
  for (const when of ["signed in", "reloaded"]) {
    const kept = await page.evaluate(
      "[Object.entries(localStorage), Object.entries(sessionStorage), document.cookie, history.state, location.search + location.hash]",
    );
    assert.deepEqual(kept, [[], [], "", null, ""], when);
    assert.deepEqual(await page.evaluate("indexedDB.databases()"), [], when);
    assert.deepEqual(await page.evaluate("caches.keys()"), [], when);
    assert.deepEqual(await page.context().cookies(), [], when);
    if (when === "signed in") await page.reload();
  }
  assert.equal(await field.inputValue(), "");
  await page.close();
});

test("the page says why a call was refused, and what may help", async () => {
  await using server = await startServer({ AUTH_JWT_SECRET: secret, RATE_LIMIT: "off" });
  const page = await openAt(server.baseUrl);
  const greet = page.getByRole("button", { name: "Greet", exact: true });
  const status = page.locator("#status[data-state=failed]");
  const secretKey = createSecret(secret);
  await page.getByLabel("Access token").fill(await mintToken({ secret: secretKey, subject: "7", ttlSeconds: -60 }));
  await greet.click();
  await status.getByText("unauthenticated").waitFor();
  assert.match(
    (await status.textContent()) ?? "",
    /^unauthenticated token expired Your token was good until a while ago/,
  );
  await page.getByLabel("Access token").fill("no token at all");
  await page.getByText("Token holds a character that no token has").waitFor();
  await page.getByLabel("Access token").fill("not.a.token");
  await greet.click();
  await status.getByText("Your token opens nothing here").waitFor();
  await page.close();
});

test("the page says when to try again", async () => {
  await using server = await startServer({ AUTH_JWT_SECRET: secret, RATE_LIMIT: "1/1" });
  const page = await openAt(server.baseUrl);
  const status = page.locator("#status");
  let told = "";
  // Somebody else at the same address leaves the page few calls, however slow it is.
  const { sayHello } = createClient(Greeter, createGrpcTransport({ baseUrl: server.baseUrl }));
  async function callOn() {
    while (!told.startsWith("resource_exhausted")) await sayHello({ name: "Ada" }).catch(() => undefined);
  }
  const calling = callOn();
  while (!told.startsWith("resource_exhausted")) {
    await page.getByRole("button", { name: "Greet", exact: true }).click();
    await page.locator("#status:is([data-state=ok], [data-state=failed])").waitFor();
    told = (await status.textContent()) ?? "";
  }
  await calling;
  assert.match(told, /^resource_exhausted more than 1 calls a second, with up to 1 at once Try again in 1 s\./);
  await page.close();
});

test("the page shows what a token opens, what it does not and why, as soon as another one is there", async () => {
  await using server = await startServer({ AUTH_JWT_SECRET: secret, DEMO_DATA: "true" });
  const page = await openAt(server.baseUrl);
  const status = page.locator("#directory-status");
  const rows = page.locator("#directory tbody tr");
  const verdicts = () => page.locator("#access .verdict").allTextContents();
  async function enter(role: Role | undefined, ttlSeconds = 60) {
    const token = page.getByLabel("Access token");
    await token.fill(await mintToken({ secret: createSecret(secret), subject: "7", role, ttlSeconds }));
    await token.press("Tab");
  }

  await status.getByText("unauthenticated").waitFor();
  assert.match((await status.textContent()) ?? "", /Subscribe needs a token with the role "admin"/);
  assert.deepEqual(await verdicts(), [
    "open to you",
    "closed: takes the role “viewer”, and you have no token",
    "closed: takes the role “editor”, and you have no token",
    "closed: takes the role “admin”, and you have no token",
  ]);
  await enter("viewer");
  await status.getByText("listed").waitFor();
  assert.match((await status.textContent()) ?? "", /needs the role "admin", and the caller has "viewer"/);
  assert.equal(await rows.count(), 5);
  assert.deepEqual(await verdicts(), [
    "open to you",
    "open to you",
    "closed: takes the role “editor”, and your token has “viewer”",
    "closed: takes the role “admin”, and your token has “viewer”",
  ]);
  await enter("admin");
  await status.getByText("live").waitFor();
  assert.equal(await rows.count(), 5);
  assert.deepEqual(new Set(await verdicts()), new Set(["open to you"]));
  // What the token before could see goes with it.
  await enter(undefined);
  await status.getByText("permission_denied").waitFor();
  assert.equal(await rows.count(), 0);
  assert.equal(await page.locator("#directory-count").textContent(), "");
  assert.match((await verdicts())[1] ?? "", /and your token names none$/);
  await enter("admin", -60);
  await status.getByText("token expired").waitFor();
  assert.deepEqual(new Set(await verdicts()), new Set(["closed: your token is not accepted"]));
  await page.close();
});

test("a page of an allowed origin may call and read the answer, with a token and without cookies", async () => {
  await using server = await startServer({ AUTH_JWT_SECRET: secret, CORS_ORIGINS: elsewhere });
  const page = await openAt(elsewhere);
  const token = await mintToken({ secret: createSecret(secret), subject: "alice", ttlSeconds: 60 });
  const headers = { ...asJson.headers, authorization: `Bearer ${token}`, "connect-protocol-version": "1" };
  assert.match(await callFrom(page, server, { ...asJson, headers }), /^cors 200 .*Hello, Eve!/);
  assert.equal(await callFrom(page, server, { ...asJson, credentials: "include" }), "TypeError");
  await page.close();
});

test("a page of any other origin can neither read an answer nor have a call done", async () => {
  await using server = await startServer();
  const page = await openAt(elsewhere);
  assert.equal(await callFrom(page, server, asJson), "TypeError");
  // What a browser sends without asking first.
  for (const type of ["text/plain", "application/x-www-form-urlencoded"]) {
    const init = { ...asJson, mode: "no-cors", headers: { "content-type": type } } as const;
    assert.equal(await callFrom(page, server, init), "opaque 0 ");
  }
  await page.setContent(
    `<form method="post" enctype="text/plain" action="${server.baseUrl}/greeter.Greeter/SayHello">
       <input name='{"name":"Eve","x":"' value='"}'><button>Send</button></form>`,
  );
  await Promise.all([page.waitForNavigation(), page.getByRole("button").click()]);
  assert.match((await page.locator("body").textContent()) ?? "", /permission_denied/);
  assert.deepEqual(
    server.lines.filter(({ msg }) => msg === "call"),
    [],
  );
  await page.close();
});

test("a page whose own name was made to point here is refused", async () => {
  await using server = await startServer();
  const page = await browser.newPage();
  const answer = await page.goto(`http://rebound.example.com:${server.port}/`);
  assert.equal(answer?.status(), 403);
  const url = `http://rebound.example.com:${server.port}/greeter.Greeter/SayHello`;
  const status = await page.evaluate(async ([url, init]) => (await fetch(url, init)).status, [url, asJson] as const);
  assert.equal(status, 403);
  await page.close();
});
