import { createContext } from "./context.ts";
import { createProgram } from "./program.ts";
import { reportError } from "./report-error.ts";

/** Runs the command that the process was started with, and sets its exit code. */
export async function run(process: NodeJS.Process): Promise<void> {
  const context = createContext(process);
  try {
    await createProgram(context).parseAsync(process.argv);
  } catch (error) {
    process.exitCode = await reportError(error, context, process.argv.includes("--json"));
  }
}
