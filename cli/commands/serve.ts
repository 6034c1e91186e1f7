import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { addExamples } from "../command.ts";
import { integer } from "../parsers.ts";

interface ServeOptions {
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly settings?: true;
}

/** `concierge serve`: the server, with the settings that `npm start` takes. */
export function addServe(program: Command): void {
  const command = program
    .command("serve")
    .summary("run the server")
    .description(
      "Runs the server until Ctrl-C. Its settings are environment variables, or stand in the .env file here.",
    )
    .option("--host <address>", "address to listen on, over HOST")
    .option("--port <number>", "port to listen on, over PORT; 0 takes a free one", integer(0, 65_535))
    .option("--database <url>", "where users are kept, over DATABASE_URL, such as sqlite:./data/concierge.db")
    .option("--settings", "print every setting with its default, and end")
    .action(runServer);
  addExamples(command, [
    ["on localhost:50051, with data in ./data", "concierge serve"],
    ["on another port, with data that goes with the process", "concierge serve --port 8080 --database sqlite::memory:"],
    ["with a setting of its own", "LOG_LEVEL=debug concierge serve"],
    ["what can be set", "concierge serve --settings"],
  ]);
}

async function runServer({ host, port, database, settings }: ServeOptions): Promise<void> {
  const { describeConfig, readEnv } = await import("../../server/config/config.ts");
  if (settings) {
    process.stdout.write(`${describeConfig()}\n`);
    return;
  }
  const { serve } = await import("../../server/serve.ts");
  const { startProblem } = await import("../../server/process/start-problem.ts");
  try {
    const given = { HOST: host, PORT: port?.toString(), DATABASE_URL: database };
    const options = Object.entries(given).filter(([, value]) => value !== undefined);
    await serve({ ...readEnv(".env"), ...Object.fromEntries(options) });
  } catch (error) {
    const problem = startProblem(error);
    throw problem === undefined ? error : new CliError(problem, { cause: error });
  }
}
