import assert from "node:assert/strict";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { runDemo } from "./demo.ts";
import { createNarrator } from "./narrator.ts";

test("every reply of the demo is as the contract states", async () => {
  const lines: string[] = [];
  assert.equal(await runDemo(line => lines.push(line)), 0, lines.join("\n"));
  assert.equal(lines.at(-1)?.trim(), "Every reply is as the contract states.");
});

test("a reply that differs is told, and counted", async () => {
  const lines: string[] = [];
  const narrator = createNarrator(line => lines.push(line));
  narrator.reply("Hello, Bob", "Hello, Ada");
  await narrator.refused(Promise.resolve(), Code.NotFound, "User 1 not found");
  assert.equal(narrator.mismatches, 2);
  assert.match(lines.join("\n"), /✗.* Hello, Bob\n.*the contract states.* Hello, Ada/);
});
