import { CommanderError } from "commander";
import { usageError } from "./cli-error.ts";
import { type Context, createContext } from "./context.ts";
import { reportError } from "./print-error.ts";
import { createProgram } from "./program.ts";

/** Runs the command that the process was started with, and sets its exit code. */
export async function run(process: NodeJS.Process): Promise<void> {
  const context = createContext(process);
  try {
    await runCommand(context, process.argv);
  } catch (error) {
    process.exitCode = await reportError(error, context, process.argv.includes("--json"));
  }
}

/** Runs a command, and waits until its output is written: a disk may be full. */
async function runCommand(context: Context, argv: readonly string[]): Promise<void> {
  const lossy = argv.find(argument => argument.includes("\ufffd"));
  if (lossy !== undefined) {
    const hint =
      "Node.js reads arguments as UTF-8: is the terminal set to it? Text of other kinds can come from a file";
    throw usageError(`argument "${lossy}" holds bytes that are not UTF-8`, hint);
  }
  try {
    await createProgram(context).parseAsync(argv);
  } catch (error) {
    // Commander throws after printing help, too.
    if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error;
  }
  await new Promise(resolve => context.stdout.write("", resolve));
  context.signal.throwIfAborted();
}
