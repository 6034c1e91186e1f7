import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The most connections that the clients have together: one for HTTP/2, the others for HTTP/1.1. */
export const callerConnections = 5;

/** What well-behaved clients saw. */
export interface Calls {
  /** Milliseconds that each call took which was answered. */
  readonly times: readonly number[];
  readonly failures: readonly string[];
}

/** Well-behaved clients that call all the time. */
export interface Callers extends AsyncDisposable {
  /** Returns what they saw since they were last asked. */
  take(): Promise<Calls>;
}

/** Starts the clients, in a process of their own. */
export async function startCallers(port: number): Promise<Callers> {
  const child = fork(fileURLToPath(new URL("callers-process.ts", import.meta.url)), [String(port)]);
  const exit = once(child, "exit");
  await once(child, "message");
  return {
    async take() {
      const answer = once(child, "message");
      child.send("take");
      return (await answer)[0].calls;
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      await exit;
    },
  };
}
