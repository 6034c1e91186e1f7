import { describeConfig, parseConfig, readEnv } from "./config/config.ts";
import { startProblem } from "./process/start-problem.ts";
import { serveUntilSignal } from "./serve.ts";

async function main() {
  if (process.argv.includes("--help")) {
    process.stdout.write(`Serves Concierge. Environment variables:\n\n${describeConfig()}\n`);
    return;
  }
  await serveUntilSignal(parseConfig(readEnv()));
}

main().catch(error => {
  process.stderr.write(`${startProblem(error) ?? error.stack}\n`);
  process.exitCode = 1;
});
