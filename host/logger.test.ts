import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const path = "/\u009b31m\u007f\u001b[2J";
const request = { requestId: "r", http: "1.1", method: "GET", path, status: 404, ms: 1 };

/** What a logger of this format writes of the request. */
function written(logFormat: string): string {
  const program = `
    const { createLogger } = await import(${JSON.stringify(import.meta.resolve("./logger.ts"))});
    createLogger({ logLevel: "info", logFormat: ${JSON.stringify(logFormat)} }).info(${JSON.stringify(request)}, "request");`;
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  return execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd, encoding: "utf8" });
}

test("what a path holds never steers the terminal that a log is read on", () => {
  for (const format of ["json", "pretty"]) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
    assert.doesNotMatch(written(format).trimEnd(), /[\0-\x1f\x7f-\x9f]/, format);
  }
  assert.equal(JSON.parse(written("json")).path, path);
  assert.match(written("pretty"), /GET \/\\u009b31m\\u007f\\u001b\[2J 404/);
});
