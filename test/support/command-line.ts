import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The command's script. */
export const commandScript = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

/** How a command ended, and what it said. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Null where a signal ended it. */
  readonly exitCode: number | null;
}

/** A command that runs in a process of its own. */
export interface RunningCommand extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly stdin: NodeJS.WritableStream;
  /** What it has said so far. */
  readonly output: { readonly stdout: string; readonly stderr: string };
  /** Resolves once standard output or standard error matches. Throws if the command ends before. */
  said(stream: "stdout" | "stderr", pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<CommandResult>;
}

/** What a command is run with. */
export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Standard input, whole. Default: nothing. */
  readonly input?: string | Buffer;
}

/** Starts the command with arguments; nothing of the tests' own environment reaches it but the path. */
export function startCommand(args: readonly string[], options: CommandOptions = {}): RunningCommand {
  return watchProcess(process.execPath, [commandScript, ...args], options);
}

/** Runs the command to its end. */
export async function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const running = startCommand(args, options);
  running.stdin.end(options.input ?? "");
  return running.ended;
}

/** Starts any program as {@link startCommand} does. */
export function watchProcess(file: string, args: readonly string[], { env, cwd }: CommandOptions = {}): RunningCommand {
  const child = spawn(file, args, { cwd, env: { PATH: process.env.PATH, ...env } });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", text => {
      output[name] += text;
    });
  }
  // A command that fails early leaves its input unread.
  child.stdin.on("error", () => undefined);
  const ended = once(child, "close").then(([exitCode]) => ({ ...output, exitCode }) as CommandResult);
  return {
    child,
    stdin: child.stdin,
    output,
    ended,
    async said(stream, pattern) {
      let closed = false;
      void ended.then(() => {
        closed = true;
      });
      for (;;) {
        const match = pattern.exec(output[stream]);
        if (match) return match;
        if (closed) throw new Error(`${pattern} was never said: ${output.stdout}${output.stderr}`);
        await Promise.race([once(child[stream], "data"), ended]);
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** What a command printed, one JSON value a line. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split("\n")
    .map(line => JSON.parse(line));
}
