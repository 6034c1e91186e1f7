import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect, parseArgs } from "node:util";
import { createDataFiles } from "./data/users.ts";
import { describeMachine } from "./machine.ts";
import { killAll } from "./peers/process.ts";
import { writeDocs, writeResult } from "./report/files.ts";
import { textReport } from "./report/table.ts";
import { runScenario } from "./runner.ts";
import { SCENARIOS } from "./scenarios.ts";

const usage = `npm run bench -- [NAME…] [--quick] [--rounds N] [--docs]

  NAME        ${SCENARIOS.map(({ name }) => name).join(", ")}; all where none is named
  --quick     a smoke check: little data, short loads, nothing written to docs/
  --rounds N  rounds, instead of each scenario's own number
  --docs      measures nothing, writes docs/ from the results there are
`;

function say(text: string): void {
  process.stdout.write(text);
}

interface RunAllOptions {
  readonly quick: boolean;
  readonly rounds: number | undefined;
  readonly folder: string;
}

/** Tells each step: over the one before on a terminal, in nothing elsewhere. */
function progressOf(name: string): (text: string) => void {
  if (!process.stdout.isTTY) return () => {};
  return text => say(`\r\x1b[K${`${name}: ${text}`.slice(0, (process.stdout.columns ?? 80) - 1)}`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      docs: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { quick, docs, help } = values;
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  const unknown = positionals.filter(name => !SCENARIOS.some(scenario => scenario.name === name));
  if (help) return say(usage);
  if (unknown.length > 0) throw `there is no scenario "${unknown[0]}"\n\n${usage}`;
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))
    throw `--rounds "${values.rounds}" is not a whole number from 1 up`;
  if (docs) return writeDocs();

  const folder = mkdtempSync(join(tmpdir(), "concierge-bench-"));
  // What servers and loads put into temporary files goes with it, also where they are killed.
  process.env.TMPDIR = folder;
  const remove = () => rmSync(folder, { recursive: true, force: true });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      killAll();
      remove();
      process.kill(process.pid, signal);
    });
  }
  try {
    await runAll(positionals, { quick, rounds, folder });
  } finally {
    remove();
  }
  if (!quick) writeDocs();
}

/** A scenario that fails is told of and leaves its results as they are; the others go on. */
async function runAll(names: readonly string[], { quick, rounds, folder }: RunAllOptions): Promise<void> {
  const bench = {
    quick,
    folder,
    machine: describeMachine(folder),
    either: <T>(full: T, small: T) => (quick ? small : full),
    users: createDataFiles(folder),
  };
  for (const scenario of SCENARIOS) {
    if (names.length > 0 && !names.includes(scenario.name)) continue;
    const progress = progressOf(scenario.name);
    try {
      const result = await runScenario(scenario, bench, { rounds, progress });
      if (process.stdout.isTTY) say("\r\x1b[K");
      say(`${textReport(result)}\n`);
      writeResult(result);
    } catch (error) {
      fail(error);
    }
  }
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? inspect(error) : error}\n`);
  process.exitCode = 1;
}

await main().catch(fail);
