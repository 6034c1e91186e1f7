import { glob, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** What the pages are made of, and the file whose time tells when they were built: the one that is written last. */
const SOURCES = ["web-client/**", "client/**", "protocol/**", "gen/**", "package-lock.json"];
const OUTPUT = "web-client/dist/console/index.html";

/**
 * Builds the page and the console below `root` if their output is missing or older than any of their sources, and tells whether it did.
 * Does nothing where vite is not installed, as after `npm ci --omit=dev`: pages that were built before then stay.
 */
export async function buildPage(root: string): Promise<boolean> {
  if (!hasVite() || !(await isOutdated(root))) return false;
  const { build } = await import("vite");
  // The page's folder is emptied first, and has the console's in it.
  for (const page of ["web-client", "web-client/console"]) await build({ root: `${root}/${page}`, logLevel: "warn" });
  return true;
}

function hasVite(): boolean {
  try {
    import.meta.resolve("vite");
    return true;
  } catch {
    return false;
  }
}

async function isOutdated(root: string): Promise<boolean> {
  const built = await stat(`${root}/${OUTPUT}`).catch(() => undefined);
  if (!built) return true;
  for await (const entry of glob(SOURCES, { cwd: root, exclude: ["web-client/dist"], withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const { mtimeMs } = await stat(`${entry.parentPath}/${entry.name}`);
    if (mtimeMs > built.mtimeMs) return true;
  }
  return false;
}

if (import.meta.main && (await buildPage(fileURLToPath(new URL("..", import.meta.url))))) {
  process.stdout.write("built the pages of web-client/\n");
}
