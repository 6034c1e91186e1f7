import { existsSync } from "node:fs";
import chromium from "@sparticuz/chromium";
import { type Browser, chromium as driver } from "playwright-core";

/** A browser that is installed anyway is taken first; `CHROMIUM` names one elsewhere. */
const installed = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/**
 * Opens a real Chromium: one that is installed, or the one that comes as an npm package (Linux). `extra` goes on its
 * command line.
 */
export async function openBrowser(extra: readonly string[] = []): Promise<Browser> {
  const found = installed.find(path => path !== undefined && existsSync(path));
  // Chromium's own sandbox needs a user other than root; it loads nothing here but this project's page. The package's
  // own arguments are left out: they put all pages into one process, which ends with the first, and turn web security off.
  const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", ...extra];
  return driver.launch({ executablePath: found ?? (await chromium.executablePath()), args });
}
