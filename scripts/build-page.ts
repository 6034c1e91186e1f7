import { glob, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** What the page is made of, and the file whose time tells when it was built. */
const SOURCES = ["web-client/**", "client/**", "gen/**", "package-lock.json"];
const OUTPUT = "web-client/dist/index.html";

/**
 * Builds the page below `root` if its output is missing or older than any of its sources, and tells whether it did.
 * Does nothing where vite is not installed, as after `npm ci --omit=dev`: a page that was built before then stays.
 */
export async function buildPage(root: string): Promise<boolean> {
  if (!hasVite() || !(await isOutdated(root))) return false;
  const { build } = await import("vite");
  await build({ root: `${root}/web-client`, logLevel: "warn" });
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
  process.stdout.write("built the page from web-client/\n");
}
