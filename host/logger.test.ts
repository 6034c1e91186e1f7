import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { logTo } from "./logger.ts";

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

test("of an error's details a line names the types, and not what they hold", () => {
  const lines: string[] = [];
  const log = logTo({ write: line => void lines.push(line) }, "error");
  const detail = { desc: ErrorInfoSchema, value: { reason: "WHY", domain: "someone's own" } };
  log.error({ err: new ConnectError("it broke", Code.Internal, undefined, [detail]) }, "call failed");
  log.error({ err: new Error("it broke") }, "call failed");
  log.error({ err: "no error at all" }, "call failed");
  const [told, plain, other] = lines.map(line => JSON.parse(line).err);
  assert.deepEqual([told.message, told.details], ["[internal] it broke", ["google.rpc.ErrorInfo"]]);
  assert.doesNotMatch(lines[0] ?? "", /someone's own/);
  assert.equal(plain.message, "it broke");
  assert.equal(other, "no error at all");
});
