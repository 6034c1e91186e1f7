import { styleText } from "node:util";
import { CommanderError } from "commander";
import { CliError, fromCommander } from "./cli-error.ts";
import type { Context } from "./context.ts";
import { type ErrorReport, toErrorReport } from "./error-report.ts";
import { exitCodes } from "./exit-codes.ts";
import { printable, printableLines } from "./printable.ts";

/** Says on standard error what went wrong, as text or as a line of JSON, and answers the exit code. */
export async function reportError(error: unknown, { stderr, signal }: Context, json: boolean): Promise<number> {
  // What a command says of its own interruption is better than nothing.
  const reason = signal.aborted && !(error instanceof CliError) ? signal.reason : error;
  // What there is has been said.
  if (reason instanceof CommanderError && reason.code === "commander.help") return exitCodes.usage;
  const report = await toErrorReport(reason instanceof CommanderError ? fromCommander(reason) : reason);
  if (report.message === "") return report.exitCode;
  if (json) stderr.write(`${JSON.stringify({ error: report })}\n`);
  else stderr.write(`${styleText("red", "error:", { stream: stderr })} ${toText(report)}\n`);
  return report.exitCode;
}

function toText({ code, message, violations = [], requestId, resumeToken, hint }: ErrorReport): string {
  const lines = [code === undefined ? message : `${code}: ${printable(message)}`];
  // A single violation mostly says what the message does.
  for (const { field, description } of violations) {
    if (!message.includes(description) || violations.length > 1) lines.push(`  ${field}: ${printable(description)}`);
  }
  if (requestId !== undefined) lines.push(`  request id: ${printable(requestId)}`);
  if (resumeToken !== undefined) lines.push(`  resume token: ${printable(resumeToken)}`);
  if (hint !== undefined) lines.push(`  hint: ${printable(hint)}`);
  return printableLines(lines.join("\n"));
}
