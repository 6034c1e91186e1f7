import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { openBrowser } from "./support/browser.ts";
import { freePort } from "./support/free-port.ts";
import { onPage as openPage } from "./support/page.ts";
import { startServer, type TestServer } from "./support/server.ts";

let server: TestServer;
let browser: Browser;
before(async () => {
  [server, browser] = await Promise.all([startServer(), openBrowser()]);
});
after(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

/** Opens the page, runs `use`, and fails if the browser complained of anything but the `expected` failures. */
function onPage(url: string, use: (page: Page) => Promise<void>, expected?: RegExp) {
  return openPage(browser, { url, ...(expected && { expected }) }, use);
}

function button(page: Page, name: string) {
  return page.getByRole("button", { name, exact: true });
}

for (const protocol of ["Connect JSON", "Connect binary", "gRPC-Web"]) {
  test(`the page greets, once and in a stream, over ${protocol}`, async () => {
    await onPage(server.baseUrl, async page => {
      await page.getByLabel(protocol, { exact: true }).check();
      await page.getByLabel("Name").fill("Zoë");
      await page.getByLabel("Age").fill("36");
      await button(page, "Greet").click();
      await page.locator("#status[data-state=ok]").waitFor();
      assert.deepEqual(await page.locator(".reply-message").allTextContents(), ["Hello, Zoë! You are 36 years old."]);
      await button(page, "Greet in a stream").click();
      await page.locator(".reply-message", { hasText: "#5" }).waitFor();
      const messages = await page.locator(".reply-message").allTextContents();
      assert.deepEqual(
        messages.slice(-5),
        [1, 2, 3, 4, 5].map(n => `Hello Zoë! This is message #${n}`),
      );
    });
  });
}

test("replies show as they arrive, and Cancel ends the stream on the server", async () => {
  await using slow = await startServer({ GREETER_STREAM_INTERVAL_MS: "3600000" });
  await onPage(slow.baseUrl, async page => {
    await button(page, "Greet in a stream").click();
    await page.locator(".reply-message", { hasText: "#1" }).waitFor();
    assert.equal(await page.locator("#status").getAttribute("data-state"), "running");
    await button(page, "Cancel").click();
    await page.locator("#status", { hasText: "canceled" }).waitFor();
    const { code } = await slow.line(line => line.method === "greeter.Greeter/SayHelloStream");
    assert.match(String(code), /^(CANCELED|ABORTED)$/);
  });
});

test("a deadline ends the stream, and the page says so", async () => {
  await using slow = await startServer({ GREETER_STREAM_INTERVAL_MS: "3600000" });
  await onPage(slow.baseUrl, async page => {
    await page.getByLabel("Deadline").fill("200");
    await button(page, "Greet in a stream").click();
    await page.locator("#status[data-state=failed]", { hasText: "deadline_exceeded" }).waitFor();
  });
});

test("a server that is gone is shown as a failure", async () => {
  const gone = await startServer({ PORT: String(await freePort()) });
  await onPage(
    gone.baseUrl,
    async page => {
      await gone.app.close();
      await button(page, "Greet").click();
      await page.locator("#status[data-state=failed]").waitFor();
    },
    /ERR_CONNECTION_REFUSED/,
  );
});

test("the page works by keyboard alone", async () => {
  await onPage(server.baseUrl, async page => {
    await page.getByLabel("Name").focus();
    await page.keyboard.type("!");
    await page.keyboard.press("Enter");
    await page.locator(".reply-message", { hasText: "!" }).first().waitFor();
  });
});

test("the page fits a phone's width, and its copied curl line is the call", async () => {
  await onPage(server.baseUrl, async page => {
    await page.setViewportSize({ width: 360, height: 740 });
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
    await page.getByLabel("Name").fill("O'Brien");
    const line = await page.locator("#curl-say-hello").textContent();
    assert.ok(line?.includes(`${server.port}/greeter.Greeter/SayHello`), String(line));
    assert.ok(line?.includes(String.raw`O'\''Brien`), String(line));
  });
});

test("the page comes with a policy that allows its own files alone", async () => {
  const response = await fetch(server.baseUrl);
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-security-policy") ?? "", /^default-src 'none'; script-src 'self'; /);
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  assert.equal(response.headers.get("cache-control"), "no-cache");
  const html = await response.text();
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
  const asset = /\/assets\/[\w.-]+\.js/.exec(html)?.[0];
  const script = await fetch(server.baseUrl + asset);
  assert.equal(script.headers.get("cache-control"), "public, max-age=31536000, immutable");
});
