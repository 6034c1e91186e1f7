#!/usr/bin/env node
// The default export, which every Node.js has: a missing named one would end the process before the first line.
import module from "node:module";

/** As in package.json. */
const oldest = [24, 7] as const;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  process.stderr.write(
    `error: concierge needs Node.js ${oldest.join(".")} or later, and this is ${process.versions.node}\n`,
  );
  process.exitCode = 1;
} else {
  // What is imported after this is compiled once and kept: a command starts in a third of the time.
  module.enableCompileCache();
  const { run } = await import("./run.ts");
  await run(process);
}
