import { CommanderError } from "commander";
import { type Context, createContext } from "./context.ts";
import { createProgram } from "./program.ts";
import { reportError } from "./report-error.ts";

/** Runs the command that the process was started with, and sets its exit code. */
export async function run(process: NodeJS.Process): Promise<void> {
  const context = createContext(process);
  try {
    await runCommand(context, process.argv);
  } catch (error) {
    process.exitCode = await reportError(error, context, process.argv.includes("--json"));
  }
}

/** Runs a command, and waits until what it has said is written: a disk may be full. */
async function runCommand(context: Context, argv: readonly string[]): Promise<void> {
  try {
    await createProgram(context).parseAsync(argv);
  } catch (error) {
    // Help that was asked for ends as an error, too.
    if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error;
  }
  await new Promise(resolve => context.stdout.write("", resolve));
  context.signal.throwIfAborted();
}
