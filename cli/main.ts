#!/usr/bin/env node
// The default export, which every Node.js has: a missing named one would end the process before the first line.
import module from "node:module";
import { nodeProblem } from "../host/node-version.ts";

const problem = nodeProblem();
if (problem !== undefined) {
  process.stderr.write(`error: ${problem}\n`);
  process.exitCode = 1;
} else {
  // What is imported after this is compiled once and kept: a command starts in a third of the time.
  module.enableCompileCache();
  const { run } = await import("./run.ts");
  await run(process);
}
