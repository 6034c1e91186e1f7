import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { createSecret } from "../server/auth/keys.ts";
import { mintToken } from "../server/auth/mint-token.ts";
import { openBrowser } from "./support/browser.ts";
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
  page.setDefaultTimeout(10_000);
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
    await page.locator("#status[data-state=ok]").waitFor();
  }
  assert.match((await page.locator("#curl-say-hello").textContent()) ?? "", / -H "authorization: Bearer \$TOKEN" /);
  assert.ok(!(await page.locator("body").innerText()).includes(token));
  const kept = await page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie, location.href])");
  assert.ok(!String(kept).includes(token));
  await page.reload();
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
  assert.match(await page.locator("body").innerText(), /permission_denied/);
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
