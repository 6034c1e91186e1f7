import { ConfigError, describeConfig, readEnv } from "./config/config.ts";
import { commands } from "./process/installation.ts";
import { startProblem } from "./process/start-problem.ts";
import { serve } from "./serve.ts";

async function main() {
  const [argument] = process.argv.slice(2);
  if (argument === "--help") {
    process.stdout.write(`Serves Concierge. Environment variables:\n\n${describeConfig()}\n`);
    return;
  }
  if (argument !== undefined) {
    const remedy = `set environment variables, as in PORT=8080 npm start, or call ${commands.concierge} serve`;
    throw new ConfigError(`"${argument}": unknown; the one argument is --help; ${remedy}`);
  }
  await serve(readEnv());
}

main().catch(error => {
  process.stderr.write(`${startProblem(error) ?? error.stack}\n`);
  process.exitCode = 1;
});
