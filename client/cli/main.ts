#!/usr/bin/env node
import { enableCompileCache } from "node:module";

// What is imported after this is compiled once and kept: a command starts in a third of the time.
enableCompileCache();
const { run } = await import("./run.ts");
await run(process);
