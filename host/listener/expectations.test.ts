import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import { test } from "node:test";
import { expectOverHttp1, expectOverHttp2 } from "../../test/support/expecting.ts";
import { startPort } from "../../test/support/port.ts";

/** Reads the body and returns it; at `/refused` it answers before. */
const answer: RequestListener = async (request, response) => {
  if (request.url === "/refused") response.writeHead(403).end();
  else response.end(Buffer.concat(await request.toArray()));
};

for (const [version, expecting] of [
  ["1.1", expectOverHttp1],
  ["2", expectOverHttp2],
] as const) {
  test(`HTTP/${version}: a client that waits is told to continue once its body is wanted`, async () => {
    await using server = await startPort({}, answer);
    for (const expect of ["100-continue", "100-Continue"]) {
      const outcome = await expecting(server.number, "/", { expect });
      assert.deepEqual(outcome, { status: 200, body: "body", continues: 1 });
    }
  });

  test(`HTTP/${version}: a client that is refused by its headers is not told to continue`, async () => {
    await using server = await startPort({}, answer);
    const outcome = await expecting(server.number, "/refused", { expect: "100-continue" });
    assert.deepEqual(outcome, { status: 403, body: "", continues: 0 });
  });

  test(`HTTP/${version}: what nobody can meet is answered 417`, async () => {
    await using server = await startPort({}, answer);
    const outcome = await expecting(server.number, "/", { expect: "a miracle" });
    assert.deepEqual(outcome, { status: 417, body: "", continues: 0 });
  });
}
