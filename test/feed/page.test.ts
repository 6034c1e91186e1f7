import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import type { Browser, Page } from "playwright-core";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { openBrowser, pageTimeoutMs } from "../support/browser.ts";
import { freePort } from "../support/free-port.ts";
import { startServer } from "../support/server.ts";

let browser: Browser;
let folder: string;
before(async () => {
  browser = await openBrowser();
  folder = mkdtempSync(join(tmpdir(), "concierge-page-"));
});
after(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

async function openPage(baseUrl: string): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(pageTimeoutMs);
  await page.goto(baseUrl);
  await page.locator("#directory-status[data-state=ok]").waitFor();
  return page;
}

function directoryAt(baseUrl: string) {
  return createClient(DirectoryService, createConnectTransport({ baseUrl, httpVersion: "1.1" }));
}

/** The users that the table shows, a line each, once one matches. */
async function rows(page: Page, expected: string | RegExp): Promise<string[]> {
  await page.locator("#directory-rows tr", { hasText: expected }).first().waitFor();
  const all = await page.locator("#directory-rows tr").all();
  return Promise.all(all.map(async row => (await row.locator("th,td").allTextContents()).join(" ")));
}

test("all pages show the users, and each change as it happens", async () => {
  await using server = await startServer();
  const client = directoryAt(server.baseUrl);
  const pages = await Promise.all([openPage(server.baseUrl), openPage(server.baseUrl)]);
  for (const page of pages) {
    const [first] = await rows(page, "Alice");
    assert.equal(first, "5 Eve Davis eve@example.com editor");
    assert.equal(await page.locator("#directory-count").textContent(), "5 users, the latest change first");
  }
  const { id } = await client.createUser({ user: { name: "Zoë", email: "zoe@example.com" } });
  await client.updateUser({ user: { id, role: 2 } });
  await client.deleteUser({ id: "2" });
  for (const page of pages) {
    await page.locator("#directory-rows tr.changed", { hasText: "editor" }).waitFor();
    await page.locator("#directory-rows tr", { hasText: "Bob" }).waitFor({ state: "detached" });
    const shown = await rows(page, "Zoë");
    assert.equal(shown[0], `${id} Zoë zoe@example.com editor`);
    assert.equal(shown.length, 5);
    await page.close();
  }
});

test("a page goes on where it was when its server is back, and shows what happened meanwhile", async () => {
  const DATABASE_URL = `sqlite:${join(folder, "concierge.db")}`;
  const PORT = String(await freePort());
  const first = await startServer({ DATABASE_URL, PORT });
  const page = await openPage(first.baseUrl);
  await page.evaluate("document.querySelector('#directory-rows tr').dataset.kept = 'yes'");
  await first.app.close();
  await page.locator("#directory-status[data-state=failed]").waitFor();
  // Meanwhile, on another port.
  await using elsewhere = await startServer({ DATABASE_URL });
  await directoryAt(elsewhere.baseUrl).createUser({ user: { name: "Ann", email: "ann@example.com" } });
  await directoryAt(elsewhere.baseUrl).updateUser({ user: { id: "1", name: "Alicia" } });
  await elsewhere.app.close();
  await using second = await startServer({ DATABASE_URL, PORT });
  // The latest change stands first.
  assert.equal((await rows(page, "Alicia"))[0], "1 Alicia alice@example.com admin");
  assert.match((await rows(page, "Ann"))[1] ?? "", /Ann ann@example.com viewer$/);
  // The row is the one it was: nothing was listed again.
  const kept = page.locator("#directory-rows tr", { hasText: "Eve" });
  assert.equal(await kept.getAttribute("data-kept"), "yes");
  await page.locator("#directory-status[data-state=ok]").waitFor();
  await directoryAt(second.baseUrl).deleteUser({ id: "1" });
  await page.locator("#directory-rows tr", { hasText: "Alicia" }).waitFor({ state: "detached" });
  await page.close();
});

test("a page whose server comes back with another database lists anew", async () => {
  const PORT = String(await freePort());
  const first = await startServer({ PORT });
  const page = await openPage(first.baseUrl);
  await first.app.close();
  await using _ = await startServer({ PORT, DEMO_DATA: "false" });
  await page.locator("#directory-count", { hasText: "0 users" }).waitFor();
  await page.close();
});

test("the table fits a phone's width in both schemes", async () => {
  await using server = await startServer();
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await openPage(server.baseUrl);
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 360, height: 740 });
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
    await page.close();
  }
});
