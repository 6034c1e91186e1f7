import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { protocols } from "../client/protocol.ts";
import { startServer } from "./support/server.ts";
import { startTcp } from "./support/tcp-server.ts";

const program = fileURLToPath(new URL("support/ended-calls.ts", import.meta.url));

for (const protocol of protocols) {
  test(`calls that end in whatever way leave no rejection, and no process running, over ${protocol}`, async () => {
    await using server = await startServer();
    await using silent = await startTcp(() => {});
    await using reset = await startTcp(socket => socket.resetAndDestroy());
    const { baseUrl: gone, ...nobody } = await startTcp(() => {});
    await nobody[Symbol.asyncDispose]();
    const urls = [server, { baseUrl: gone }, silent, reset].map(({ baseUrl }) => baseUrl);
    const { stdout } = await promisify(execFile)(process.execPath, [program, protocol, ...urls]);
    assert.equal(stdout, "[]");
  });
}
