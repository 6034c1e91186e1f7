import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createDataFiles } from "./data/users.ts";
import { describeMachine } from "./machine.ts";
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
    throw `--rounds "${rounds}" is no whole number`;
  if (docs) return writeDocs();

  const folder = mkdtempSync(join(tmpdir(), "concierge-bench-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)
    process.once(signal, () => process.exit(code));
  const bench = {
    quick,
    folder,
    machine: describeMachine(folder),
    either: <T>(full: T, small: T) => (quick ? small : full),
    users: createDataFiles(folder),
  };
  for (const scenario of SCENARIOS) {
    if (positionals.length > 0 && !positionals.includes(scenario.name)) continue;
    const progress = progressOf(scenario.name);
    const result = await runScenario(scenario, bench, { rounds, progress });
    if (process.stdout.isTTY) say("\r\x1b[K");
    say(`${textReport(result)}\n`);
    writeResult(result);
  }
  if (!quick) writeDocs();
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 1;
}
