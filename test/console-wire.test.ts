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

async function call(page: Page) {
  await button(page, /^Send$/).click();
  await page.locator(".status[data-state=ok]").waitFor();
}

/** What the lit pieces of a view say, without blanks. */
async function lit(page: Page, selector: string): Promise<string> {
  const texts = await page.locator(`${selector} [data-lit]`).allTextContents();
  return texts.join("").replace(/\s/g, "");
}

test("a value and its bytes light up each other", async () => {
  await onPage(browser, { url: at("concierge.directory.v1.DirectoryService/GetUser") }, async page => {
    await page.getByLabel("Connect", { exact: true }).check({ force: true });
    await call(page);
    await page.getByRole("tab", { name: "Wire" }).click();
    await page.locator(".hex").waitFor();
    await page.locator(".linked [data-path=name]").hover();
    const name = Buffer.from("Alice Johnson").toString("hex");
    assert.equal(await lit(page, ".hex .hex-bytes"), `120d${name}`);
    assert.match((await page.locator(".lit-text").textContent()) ?? "", /^name/);
    await page.locator(".hex-bytes [data-kind=value]", { hasText: "61 6c 69 63 65" }).first().hover();
    assert.equal(await lit(page, ".linked"), '"email":"alice@example.com"');
    assert.match((await page.locator(".lit-text").textContent()) ?? "", /^email: string: "alice@example.com"/);
    await page.locator(".hex").focus();
    for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowRight");
    await page.getByText("name = 2: length-delimited").first().waitFor();
    assert.equal(await lit(page, ".linked"), '"name":"AliceJohnson"');
  });
});

test("the frames of a stream are chosen one by one, up to the one that ends it", async () => {
  await onPage(browser, { url: at("greeter.Greeter/SayHelloStream") }, async page => {
    await call(page);
    await page.getByRole("tab", { name: "Wire" }).click();
    await page.locator(".hex").waitFor();
    const choice = page.getByLabel("Message", { exact: true });
    assert.deepEqual(
      (await choice.locator("option").allTextContents()).map(text => text.replace(/,.*/, "")),
      ["sent #1", "received #1", "received #2", "received #3", "received #4", "received #5", "end of the reply"],
    );
    await choice.selectOption({ index: 6 });
    await page.locator(".hex [data-kind=flags]", { hasText: "02" }).first().hover();
    assert.equal(await page.locator(".lit-text").textContent(), "envelope: flags: 0x02: end of the stream");
    await page.getByText("What each byte is").click();
    assert.equal(await page.getByRole("row").count(), 4);
  });
});

test("a call is compared in every protocol, and a value lights up in each", async () => {
  await onPage(browser, { url: at("concierge.directory.v1.DirectoryService/GetUser") }, async page => {
    await page.getByRole("tab", { name: "Compare" }).click();
    await button(page, "Make this call 25 times").click();
    await page.locator(".comparison tbody tr").nth(4).waitFor();
    await button(page, "Make this call 25 times").waitFor();
    const rows = await page.locator(".comparison tbody tr").allTextContents();
    assert.deepEqual(
      rows.map(row => /^(.*?)ok/.exec(row)?.[1]),
      ["Connect JSON", "Connect", "gRPC-Web", "REST", "gRPC"],
    );
    await page.locator(".compared .hex-bytes [data-kind=value]", { hasText: "41 6c 69 63 65" }).first().hover();
    for (const name of ["Connect JSON", "Connect", "gRPC-Web", "REST", "gRPC"]) {
      const view = page.getByRole("region", { name: `Bytes of ${name}`, exact: true });
      const texts = await view.locator(".hex-text [data-lit]").allTextContents();
      assert.match(texts.join(""), /Alice·Johnson/, name);
    }
  });
});
