import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Result } from "../result.ts";
import { SCENARIOS } from "../scenarios.ts";
import { docsPage } from "./docs.ts";
import { drawResult } from "./svg.ts";

function write(name: string, text: string): void {
  const file = fileOf(name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(`../../${name}`, import.meta.url));
}

/** Writes a result as JSON. Those of a quick run get a folder that is not kept, with their pictures. */
export function writeResult(result: Result): void {
  const folder = `bench/results${result.quick ? "/quick" : ""}`;
  write(`${folder}/${result.name}.json`, `${JSON.stringify(result, undefined, 2)}\n`);
  if (result.quick) write(`${folder}/${result.name}.svg`, drawResult(result));
}

/** Writes the page and the pictures of all full results there are. */
export function writeDocs(): void {
  const files = SCENARIOS.map(({ name }) => fileOf(`bench/results/${name}.json`)).filter(existsSync);
  const results = files.map(file => JSON.parse(readFileSync(file, "utf8")) as Result);
  for (const result of results) write(`docs/bench/${result.name}.svg`, drawResult(result));
  write("docs/benchmarks.md", docsPage(results));
}
