import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { pageTimeoutMs } from "./browser.ts";

/** How a page is opened. */
export interface PageOptions extends BrowserContextOptions {
  readonly url: string;
  /** What the browser may complain of. Nothing by default. */
  readonly expected?: RegExp;
}

/** Opens a page, runs `use`, and fails if the browser complained of anything but what is expected. */
export async function onPage(
  browser: Browser,
  { url, expected = /^$/, ...context }: PageOptions,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const page = await browser.newPage(context);
  const complaints: string[] = [];
  page.on("pageerror", error => complaints.push(error.message));
  page.on("console", message => {
    if (message.type() !== "log" && !expected.test(message.text())) complaints.push(message.text());
  });
  page.setDefaultTimeout(pageTimeoutMs);
  await page.goto(url);
  await use(page);
  await page.close();
  assert.deepEqual(complaints, []);
}
