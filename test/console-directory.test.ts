import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { createConcierge, Role } from "../client/web.ts";
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

function onDirectory(use: (page: Page) => Promise<void>, expected?: RegExp) {
  return onPage(browser, { url: `${server.baseUrl}/console#/directory`, ...(expected && { expected }) }, use);
}

function button(page: Page, name: string) {
  return page.getByRole("button", { name, exact: true });
}

test("a user is created, changed, deleted and undeleted, and its history tells of it as it happens", async () => {
  await onDirectory(async page => {
    await button(page, "New user").click();
    await page.getByLabel("Name", { exact: true }).fill("Grace Hopper");
    await page.getByLabel("Age", { exact: true }).fill("200");
    await page.locator(".problem", { hasText: "must be at most 150" }).waitFor();
    await page.getByLabel("Age", { exact: true }).fill("85");
    await page.locator(".user").getByLabel("Email").fill("grace@example.com");
    await button(page, "Create").click();
    await page.getByRole("heading", { name: /^User \d+$/ }).waitFor();
    await page.locator(".history li", { hasText: "created" }).waitFor();
    await page.getByLabel("Role", { exact: true }).selectOption("admin");
    await button(page, "Save").click();
    await page.locator(".history li", { hasText: "role changed" }).waitFor();
    await button(page, "Delete").click();
    await page.locator(".history li", { hasText: /^deleted/ }).waitFor();
    await button(page, "Undelete").click();
    await page.locator(".history li", { hasText: "undeleted" }).waitFor();
    await button(page, "Save").waitFor();
  });
});

test("who was slower sees what others have changed, keeps their own, and saves again", async () => {
  await using concierge = createConcierge({ baseUrl: server.baseUrl });
  const user = { name: "Alan", email: "alan@example.com", age: 40, role: Role.VIEWER };
  const { id } = await concierge.directory.createUser({ user });
  await onDirectory(async page => {
    await page.getByLabel("Find users").fill("alan@");
    await button(page, "Alan").click();
    await page.getByLabel("Age", { exact: true }).fill("41");
    const theirs = { id, age: 42, bio: "Computes" };
    await concierge.directory.updateUser({ user: theirs, updateMask: { paths: ["age", "bio"] } });
    await button(page, "Save").click();
    await page.locator(".meeting", { hasText: "Somebody else has changed this user" }).waitFor();
    await page.locator(".meeting", { hasText: "you to 41, they to 42" }).waitFor();
    assert.equal(await page.getByLabel("Bio", { exact: true }).inputValue(), "Computes");
    await button(page, "Save").click();
    await page.locator(".meeting").waitFor({ state: "detached" });
    const { age, bio } = await concierge.directory.getUser({ key: { case: "id", value: id } });
    assert.deepEqual([age, bio], [41, "Computes"]);
  }, /status of 409/);
});

test("an email that is taken is told at the form, and nothing is stored", async () => {
  await onDirectory(async page => {
    await button(page, "New user").click();
    await page.getByLabel("Name", { exact: true }).fill("Second Bob");
    await page.locator(".user").getByLabel("Email").fill("bob@example.com");
    await button(page, "Create").click();
    await page.locator("[role=alert]", { hasText: "bob@example.com" }).waitFor();
    await page.getByRole("heading", { name: "New user" }).waitFor();
  }, /status of 409/);
});

test("a file of users is imported batch by batch, and what is refused can be mended", async () => {
  const lines = Array.from({ length: 1200 }, (_, i) => `Person ${i},person${i}@import.org,viewer,${i % 100}`);
  const csv = ["name,email,role,age", ...lines].join("\n");
  await onDirectory(async page => {
    const file = page.locator("input[type=file]");
    await file.setInputFiles({ name: "bad.csv", mimeType: "text/csv", buffer: Buffer.from("name\nAda\n") });
    await page.locator("[role=alert]", { hasText: 'must name a column "email"' }).waitFor();
    await file.setInputFiles({ name: "users.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
    await page.getByText("1,200 of 1,200 users are stored").waitFor();
    await page.getByLabel("Find users").fill("@import.org");
    await page.getByText("person49@import.org").waitFor();
    await button(page, "Next").click();
    await page.getByText("person50@import.org").waitFor();
    await page.getByText("Page 2").waitFor();
    await button(page, "Previous").click();
    await page.getByText("person49@import.org").waitFor();
    await file.setInputFiles({ name: "again.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
    await page.locator("[role=alert]", { hasText: "already_exists" }).waitFor();
    await page.getByText("0 of 1,200 users are stored").waitFor();
  }, /status of 409/);
});

for (const width of [390, 1440]) {
  test(`${width} pixels wide, the directory fits and axe finds nothing`, async () => {
    const viewport = { width, height: 900 };
    await onPage(browser, { url: `${server.baseUrl}/console#/directory`, viewport }, async page => {
      await button(page, "Alice Johnson").click();
      await page.locator(".history li").first().waitFor();
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
      assert.deepEqual(await axeFindings(page), []);
    });
  });
}
