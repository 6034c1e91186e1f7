import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
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

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/** What an accessibility checker (axe-core) finds on a page: a rule and the element that breaks it, each. */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(
    "axe.run().then(({violations}) => violations.flatMap(({id, nodes}) => nodes.map(({html}) => [id, html].join())))",
  );
}
