import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { openBrowser } from "./support/browser.ts";
import { onPage } from "./support/page.ts";
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

function at(method: string): string {
  return `${server.baseUrl}/console#/${method}`;
}

function button(page: Page, name: string | RegExp) {
  return page.getByRole("button", { name });
}

async function callWith(page: Page, name: string) {
  await page.getByLabel("name", { exact: true }).fill(name);
  await button(page, /^Send$/).click();
  await page.locator(".json-text", { hasText: name }).waitFor();
  await page.locator(".status[data-state=ok]").waitFor();
}

test("calls are kept over a reload without the token, put back into the form, and forgotten when one asks for it", async () => {
  await onPage(browser, { url: at("greeter.Greeter/SayHello") }, async page => {
    await page.getByLabel("Access token").fill("secret-token");
    await callWith(page, "Grace");
    await page.getByRole("tab", { name: "History" }).click();
    await button(page, "Greeter/SayHello").waitFor();
    await page.goto(`${server.baseUrl}/console#/greeter.Greeter/Chat`);
    await page.reload();
    await page.getByRole("tab", { name: "History" }).click();
    await button(page, "Greeter/SayHello").click();
    await page.getByRole("heading", { name: "SayHello", exact: true }).waitFor();
    assert.equal(await page.getByLabel("name", { exact: true }).inputValue(), "Grace");
    assert.match(page.url(), /#\/greeter\.Greeter\/SayHello$/);
    const kept = await page.evaluate(`new Promise(resolve => {
      indexedDB.open("concierge console").onsuccess = ({ target }) => {
        target.result.transaction("calls").objectStore("calls").getAll().onsuccess = ({ target }) => resolve(JSON.stringify(target.result));
      };
    })`);
    assert.match(String(kept), /Grace/);
    assert.doesNotMatch(String(kept), /secret/);
    await page.getByLabel("Keep the last 100 calls").uncheck();
    await button(page, "Greeter/SayHello").waitFor({ state: "detached" });
    await page.getByRole("tab", { name: "Timeline" }).click();
    await callWith(page, "Ada");
    await page.reload();
    await page.getByRole("tab", { name: "History" }).click();
    await page.getByText("Calls that you make show here.").waitFor();
    assert.equal(await page.getByLabel("Keep the last 100 calls").isChecked(), false);
  });
});

test("a shared link fills the form, and sends nothing", async () => {
  let link = "";
  await onPage(browser, { url: at("greeter.Greeter/SayHello") }, async page => {
    await page.getByLabel("Access token").fill("secret-token");
    await page.getByLabel("name", { exact: true }).fill("Zoë");
    await page.getByText("Copy as a command, share, paste").click();
    await button(page, "Make a link").click();
    link = await page.getByLabel("Link to this call").inputValue();
  });
  await onPage(browser, { url: link }, async page => {
    const asked: string[] = [];
    page.on("request", request => asked.push(request.method()));
    await page.getByRole("heading", { name: "SayHello", exact: true }).waitFor();
    const name = page.getByLabel("name", { exact: true });
    // The policy lets nobody evaluate a text in the page, which waiting for a value would do.
    while ((await name.inputValue()) !== "Zoë") await page.waitForTimeout(20);
    assert.equal(await page.getByLabel("Access token").inputValue(), "");
    assert.ok(!asked.includes("POST"));
    assert.match(page.url(), /#\/greeter\.Greeter\/SayHello$/);
  });
  await onPage(browser, { url: `${server.baseUrl}/console#/call/AAAA` }, async page => {
    await page.getByText("The link holds no call").waitFor();
  });
});

test("a copied command has what is typed, and one that is pasted is typed", async () => {
  await onPage(browser, { url: at("greeter.Greeter/SayHello") }, async page => {
    await page.getByLabel("Access token").fill("secret-token");
    await page.getByLabel("name", { exact: true }).fill("it's");
    await page.getByText("Copy as a command, share, paste").click();
    const command = page.locator(".command");
    await command.filter({ hasText: `-d '{"name":"it'\\''s"` }).waitFor();
    assert.match((await command.textContent()) ?? "", /^curl .*\$TOKEN/s);
    for (const [form, has] of [
      ["grpcurl", "greeter.Greeter/SayHello"],
      ["buf curl", "/greeter.Greeter/SayHello"],
      ["TypeScript", "client.sayHello("],
      ["Python", "stub.SayHello("],
    ] as const) {
      await page.getByLabel("Copy as").selectOption(form);
      await command.filter({ hasText: has }).waitFor();
      assert.doesNotMatch((await command.textContent()) ?? "", /secret/);
    }
    const pasted = page.getByLabel("Paste a line of curl or grpcurl");
    await pasted.fill("grpcurl -plaintext localhost:1 list");
    await button(page, "Fill the form").click();
    await page.getByText("The line calls no method").waitFor();
    await pasted.fill(
      `grpcurl -plaintext -max-time 2 -d '{"id":"4"}' localhost:1 concierge.directory.v1.DirectoryService/GetUser`,
    );
    await button(page, "Fill the form").click();
    await page.getByRole("heading", { name: "GetUser", exact: true }).waitFor();
    await button(page, /^Send$/).click();
    await page.locator(".json-text", { hasText: "David Brown" }).waitFor();
    assert.equal(await page.getByLabel("gRPC", { exact: true }).isChecked(), true);
  });
});
