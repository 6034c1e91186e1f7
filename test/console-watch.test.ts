import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import type { Browser, Page } from "playwright-core";
import { createTransport } from "../client/index.ts";
import { DirectoryService, Start } from "../gen/concierge/directory/v1/directory_pb.ts";
import { createSecret } from "../host/auth/keys.ts";
import { mintToken } from "../host/auth/mint-token.ts";
import { openBrowser } from "./support/browser.ts";
import { axeFindings, onPage } from "./support/page.ts";
import { startServer, type TestServer } from "./support/server.ts";

let server: TestServer;
let browser: Browser;
before(async () => {
  [server, browser] = await Promise.all([startServer({ LANE: "wire" }), openBrowser()]);
});
after(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

async function post({ baseUrl }: TestServer, method: string, message: unknown): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${baseUrl}/${method}`, { method: "POST", headers, body: JSON.stringify(message) });
  await response.text();
}

/** Calls until the page shows it: it sees what happens between two of its looks. */
async function callUntil(page: Page, row: string): Promise<void> {
  const shown = page.getByRole("rowheader", { name: row }).waitFor();
  let isShown = false;
  void shown.then(() => (isShown = true));
  while (!isShown) {
    await post(server, "greeter.Greeter/SayHello", { name: "Ada" });
    await post(server, "concierge.directory.v1.DirectoryService/GetUser", { id: "404" });
    await page.waitForTimeout(20);
  }
  await shown;
}

test("calls, errors and times of the server show as they happen", async () => {
  await onPage(browser, { url: `${server.baseUrl}/console#/watch` }, async page => {
    await page.locator(".status[data-state=ok]", { hasText: "ready" }).waitFor();
    await callUntil(page, "NotFound");
    await page.getByRole("rowheader", { name: "greeter.Greeter/SayHello" }).waitFor();
    const histogram = page.getByRole("img", { name: /^Histogram of durations: \d+ calls, p50 .*s, p99 .*s$/ });
    await histogram.waitFor();
    assert.ok((await histogram.locator("rect").count()) > 10);
    await page.locator(".chart summary").first().click();
    await page.getByRole("region", { name: "Calls, the newest first" }).getByText("/s").first().waitFor();
    await page.getByRole("link", { name: "greeter.Greeter/SayHello" }).click();
    await page.getByRole("heading", { name: "SayHello", exact: true }).waitFor();
  });
});

test("numbers that are for administrators need a token, and show with one", async () => {
  const secretText = randomBytes(24).toString("base64url");
  await using closed = await startServer({
    LANE: "wire",
    AUTH_JWT_SECRET: secretText,
    METRICS: "admin",
    REFLECTION: "on",
  });
  const token = await mintToken({ secret: createSecret(secretText), subject: "7", role: "admin", ttlSeconds: 600 });
  const url = `${closed.baseUrl}/console#/watch`;
  await onPage(browser, { url, expected: /status of 40[13]/ }, async page => {
    await page.getByText("a token is needed").waitFor();
    await page.getByLabel("Access token").fill(token);
    await page.getByLabel("Access token").press("Tab");
    await page.getByText("Calls in flight", { exact: true }).waitFor();
    await page.getByText("a token is needed").waitFor({ state: "detached" });
  });
});

test("calls that run are listed, and one is canceled by its button", async () => {
  const transport = createTransport({ baseUrl: server.baseUrl, protocol: "grpc" });
  const events = createClient(DirectoryService, transport).subscribe({
    selector: { kind: { case: "all", value: true } },
    start: Start.NOW,
  });
  const ended = Array.fromAsync(events).then(
    () => undefined,
    error => ConnectError.from(error),
  );
  await onPage(browser, { url: `${server.baseUrl}/console#/watch` }, async page => {
    await page.getByText("Calls in flight and connections, one by one").click();
    const cancel = page.getByRole("button", {
      name: /^Cancel concierge\.directory\.v1\.DirectoryService\/Subscribe of /,
    });
    await page.getByRole("rowheader", { name: "concierge.directory.v1.DirectoryService/Subscribe" }).last().waitFor();
    await page.getByRole("region", { name: "The connections that are open" }).getByText("HTTP/2").first().waitFor();
    await cancel.click();
    const error = await ended;
    assert.equal(error && Code[error.code], "Canceled");
    await cancel.waitFor({ state: "detached" });
  });
});

test("a server that does not tell of its calls one by one is asked once, and only where somebody wants to see them", async () => {
  await using stock = await startServer({ LANE: "connect" });
  const url = `${stock.baseUrl}/console#/watch`;
  await onPage(browser, { url, expected: /status of (404|501)/ }, async page => {
    const asked: string[] = [];
    page.on("request", request => asked.push(request.url()));
    await page.getByText("Calls in flight", { exact: true }).waitFor();
    assert.deepEqual(
      asked.filter(each => each.includes("AdminService")),
      [],
    );
    await page.getByText("Calls in flight and connections, one by one").click();
    await page.getByText("This server does not tell of its calls and connections.").waitFor();
    const looks = page.waitForRequest(/\/metrics$/);
    await (await looks).response();
    assert.equal(asked.filter(each => each.endsWith("AdminService/ListCalls")).length, 1);
  });
});

test("a server that is gone is told of", async () => {
  const gone = await startServer({ LANE: "wire" });
  const url = `${gone.baseUrl}/console#/watch`;
  await onPage(browser, { url, expected: /ERR_|status of 503/ }, async page => {
    await page.getByText("Calls in flight", { exact: true }).waitFor();
    await gone[Symbol.asyncDispose]();
    await page.getByText("The server does not answer").waitFor();
    await page.locator(".status[data-state=failed]", { hasText: "no answer" }).waitFor();
  });
});

async function assertAccessible(page: Page, width: number, what: string) {
  assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width, what);
  assert.deepEqual(await axeFindings(page), [], what);
}

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [390, 1440]) {
    test(`in the ${colorScheme}, ${width} pixels wide, each view fits and axe finds nothing`, async () => {
      const options = { colorScheme, viewport: { width, height: 900 }, reducedMotion: "reduce" as const };
      const url = `${server.baseUrl}/console#/concierge.directory.v1.DirectoryService/GetUser`;
      await onPage(browser, { ...options, url }, async page => {
        await page.getByRole("button", { name: "Send", exact: true }).click();
        await page.locator(".status[data-state=ok]").waitFor();
        await page.getByText("Copy as a command, share, paste").click();
        await page.getByRole("button", { name: "Make a link" }).click();
        await page.getByLabel("Link to this call").waitFor();
        await page.getByRole("tab", { name: "Wire" }).click();
        await page.locator(".hex").waitFor();
        await page.getByText("What each byte is").click();
        await page.getByText("HTTP", { exact: true }).click();
        await assertAccessible(page, width, "Wire");
        await page.getByRole("tab", { name: "Compare" }).click();
        await page.getByRole("button", { name: /Make this call/ }).click();
        await page.locator(".comparison tbody tr").nth(4).waitFor();
        await assertAccessible(page, width, "Compare");
        await page.getByRole("tab", { name: "History" }).click();
        await page.getByRole("button", { name: "DirectoryService/GetUser" }).waitFor();
        await assertAccessible(page, width, "History");
        await page.getByRole("link", { name: "Watch", exact: true }).click();
        await callUntil(page, "NotFound");
        await assertAccessible(page, width, "Watch");
      });
    });
  }
}
