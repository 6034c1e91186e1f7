import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { createConcierge } from "../client/index.ts";
import { openBrowser } from "./support/browser.ts";
import { makeFolder } from "./support/certificates.ts";
import { freePort } from "./support/free-port.ts";
import { axeFindings, onPage } from "./support/page.ts";
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

const live = (page: Page) => page.locator("#directory-status", { hasText: "live" });
const rows = (page: Page) => page.locator("#directory-rows tr");

/** The height of a line of text, in pixels. */
const LINE = 24;

/** Left and right of each column, in pixels. */
function columns(page: Page): Promise<number[][]> {
  return page
    .locator("#directory thead th")
    .evaluateAll(cells => cells.map(cell => [cell.getBoundingClientRect().left, cell.getBoundingClientRect().right]));
}

test("a name of 200 characters is cut after two lines, told whole, and moves no column", async () => {
  await using concierge = createConcierge({ baseUrl: server.baseUrl });
  for (const width of [360, 1280]) {
    await onPage(browser, { url: server.baseUrl, viewport: { width, height: 740 } }, async page => {
      await live(page).waitFor();
      const before = await columns(page);
      for (const [kind, name] of Object.entries({
        word: "Abcdefghij".repeat(20),
        words: `${"Abcd ".repeat(39)}Abcde`,
      })) {
        await concierge.directory.createUser({ user: { name, email: `${kind}${width}@example.com` } });
        const cell = page.getByTitle(name).first();
        await cell.waitFor();
        assert.equal(await cell.textContent(), name);
        const box = await cell.boundingBox();
        assert.ok(box && box.height <= 2 * LINE, `${box?.height} pixels`);
      }
      assert.deepEqual(await columns(page), before);
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
    });
  }
});

test("who is new or has changed stands first and in sight, whoever else is there, and the page stays as tall", async () => {
  await using many = await startServer();
  await using concierge = createConcierge({ baseUrl: many.baseUrl });
  const { directory } = concierge;
  const add = (name: string) => directory.createUser({ user: { name, email: `${name}@example.com` } });
  const first = await add("first");
  for (let i = 0; i < 30; i++) await add(`user${i}`);
  await onPage(browser, { url: many.baseUrl }, async page => {
    await live(page).waitFor();
    const height = () => page.evaluate("document.documentElement.scrollHeight");
    const heightBefore = await height();
    for (let i = 30; i < 205; i++) await add(`user${i}`);
    const isFirst = async (name: string) => {
      await rows(page).first().getByText(name, { exact: true }).waitFor();
      const [row, frame] = await Promise.all([
        rows(page).first().boundingBox(),
        page.getByLabel("Users").boundingBox(),
      ]);
      assert.ok(row && frame && row.y >= frame.y && row.y + row.height <= frame.y + frame.height);
    };
    await isFirst("user204");
    await page.getByText("200 of 211 users, the latest change first").waitFor();
    assert.equal(await rows(page).count(), 200);
    // It was no longer among the rows.
    await directory.updateUser({ user: { ...first, name: "renamed" }, updateMask: { paths: ["name"] } });
    await isFirst("renamed");
    await page.reload();
    await live(page).waitFor();
    await isFirst("renamed");
    assert.equal(await height(), heightBefore);
    assert.deepEqual(await axeFindings(page), []);
  });
});

test("a lost directory says when it is tried again, and is tried at once by a button", async () => {
  using folder = makeFolder();
  const env = { PORT: String(await freePort()), DATABASE_URL: `sqlite:${folder.path}/users.db` };
  const gone = await startServer(env);
  await onPage(browser, { url: gone.baseUrl, expected: /ERR_/ }, async page => {
    const retry = page.getByRole("button", { name: "Try now" });
    await live(page).waitFor();
    assert.equal(await retry.isVisible(), false);
    // The page's pauses never end by themselves from here on.
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);
    await gone[Symbol.asyncDispose]();
    await page.getByText(/^Tries by itself within \d+ s$/).waitFor();
    await page.locator("#directory-status", { hasText: "lost" }).waitFor();
    await using back = await startServer(env);
    await using concierge = createConcierge({ baseUrl: back.baseUrl });
    await retry.click();
    await live(page).waitFor();
    assert.equal(await retry.isVisible(), false);
    await concierge.directory.createUser({ user: { name: "Meanwhile", email: "m@example.com" } });
    await rows(page).getByText("Meanwhile").waitFor();
  });
});

test("what the keys do stays below the buttons, however much is replied", async () => {
  await onPage(browser, { url: server.baseUrl }, async page => {
    const top = async () => {
      const [keys, buttons] = await Promise.all(
        [".keys", ".actions"].map(selector => page.locator(selector).boundingBox()),
      );
      return (keys?.y ?? 0) - (buttons?.y ?? 0);
    };
    const before = await top();
    await page.getByLabel("Name", { exact: true }).fill("Abc ".repeat(45));
    await page.getByRole("button", { name: "Greet in a stream" }).click();
    await page.locator(".reply-message", { hasText: "#5" }).waitFor();
    assert.equal(await top(), before);
    assert.ok(before > 0);
  });
});
