import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { installedTool } from "../../support/tools.ts";

/** What a run of h2spec said. */
export interface Verdict {
  readonly tests: number;
  readonly passed: number;
  readonly skipped: number;
  readonly failed: number;
  /** All that it printed. */
  readonly output: string;
}

/**
 * Runs all cases of h2spec, the strict ones included, against a server on this machine. Certificates are not checked.
 * Throws where h2spec is missing, or ends without its line of counts.
 */
export async function runH2spec(port: number, secure: boolean): Promise<Verdict> {
  const tool = installedTool("bin/h2spec");
  const flags = ["--strict", "--host", "127.0.0.1", "--port", String(port), "--timeout", "10"];
  const child = spawn(tool, secure ? [...flags, "--tls", "--insecure"] : flags);
  const [output, problem] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  const counts = /(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed/.exec(output);
  if (counts === null) throw new Error(`h2spec ended without counts: ${problem}${output}`);
  const [tests = 0, passed = 0, skipped = 0, failed = 0] = counts.slice(1).map(Number);
  return { tests, passed, skipped, failed, output };
}
