import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RequestKey } from "../../../server/store/writes.ts";
import { type FileOperation, parseTrace, STRACE_OPTIONS } from "./trace.ts";

/** A write that was acknowledged: these users exist, in this version or a later one. */
export interface Acknowledged {
  readonly ids: readonly number[];
  readonly version: number;
  /** Where set, the write was a create under this request id. */
  readonly request?: RequestKey | undefined;
}

/** What a store did to its files. */
export interface Recording {
  /** Where the files are. */
  readonly root: string;
  readonly operations: readonly FileOperation[];
}

/** The data file, from the root. Its folder is missing at first. */
export const DATA_FILE = "data/concierge.db";

const writer = fileURLToPath(import.meta.resolve("./writer.fixture.ts"));
const pragmas = fileURLToPath(import.meta.resolve("./pragmas.ts"));

/** How the store's process ends, each time it runs. */
const ENDINGS = ["killed", "closed", "killed"];

/**
 * Runs a store in a process of its own, several times on one data file, and records what it does to its files. `settings`
 * go over the pragmas that the store sets.
 */
export function record(folder: string, settings: Readonly<Record<string, string>>): Recording {
  const root = join(realpathSync(folder), "disk");
  const marker = `${root}-marks`;
  mkdirSync(root);
  const file = join(root, DATA_FILE);
  const watched = [root, join(root, "data"), file, `${file}-wal`, `${file}-journal`, marker];
  const operations = ENDINGS.flatMap((ending, round) => {
    const trace = `${root}-trace-${round}`;
    const node = [process.execPath, "--import", pragmas, writer, file, marker, `r${round}`, ending];
    const options = [...STRACE_OPTIONS, ...watched.flatMap(path => ["-P", path]), "-o", trace, "--"];
    const env = { ...process.env, PRAGMAS: JSON.stringify(settings) };
    const { status, signal, stderr, error } = spawnSync("strace", [...options, ...node], { env, encoding: "utf8" });
    assert.equal(error, undefined);
    assert.equal(signal ?? status, ending === "killed" ? "SIGKILL" : 0, stderr);
    return parseTrace(readFileSync(trace, "latin1").trimEnd().split("\n"), marker);
  });
  return { root, operations };
}
