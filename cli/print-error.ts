import { styleText } from "node:util";
import type { JsonValue } from "@bufbuild/protobuf";
import { CommanderError } from "commander";
import { CliError, exitCodes, fromCommander } from "./cli-error.ts";
import type { Context } from "./context.ts";
import { type ErrorReport, toErrorReport } from "./error-report.ts";
import { printable, printableLines } from "./printable.ts";

/** Prints an error on standard error, as text or as a line of JSON. Resolves to the exit code. */
export async function reportError(error: unknown, { stderr, signal }: Context, json: boolean): Promise<number> {
  // A command's own words on its interruption win over those of the signal.
  const reason = signal.aborted && !(error instanceof CliError) ? signal.reason : error;
  // The help is printed already.
  if (reason instanceof CommanderError && reason.code === "commander.help") return exitCodes.usage;
  const report = await toErrorReport(reason instanceof CommanderError ? fromCommander(reason) : reason);
  if (report.message === "") return report.exitCode;
  if (json) stderr.write(`${printable(JSON.stringify({ error: report }))}\n`);
  else stderr.write(`${styleText("red", "error:", { stream: stderr })} ${toText(report)}\n`);
  return report.exitCode;
}

function toText({ code, message, violations = [], details = [], requestId, resumeToken, hint }: ErrorReport): string {
  const lines = [code === undefined ? message : `${code}: ${printable(message)}`];
  // A single violation mostly says what the message does.
  for (const { field, description } of violations) {
    if (!message.includes(description) || violations.length > 1) lines.push(`  ${field}: ${printable(description)}`);
  }
  for (const detail of details) if (!isTold(detail)) lines.push(`  detail: ${printable(JSON.stringify(detail))}`);
  if (requestId !== undefined) lines.push(`  request id: ${printable(requestId)}`);
  if (resumeToken !== undefined) lines.push(`  resume token: ${printable(resumeToken)}`);
  if (hint !== undefined) lines.push(`  hint: ${printable(hint)}`);
  return printableLines(lines.join("\n"));
}

/** Details that other lines of the report tell already. */
const told =
  /\/(google\.rpc\.(BadRequest|RetryInfo|RequestInfo)|buf\.validate\.Violations|concierge\.directory\.v1\.ResumeInfo)$/;

function isTold(detail: JsonValue): boolean {
  const type = typeof detail === "object" && detail !== null && "@type" in detail ? detail["@type"] : undefined;
  return typeof type === "string" && told.test(type);
}
