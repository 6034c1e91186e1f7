import { once } from "node:events";
import { startProcess } from "../peers/process.ts";
import { benchFile } from "../peers/servers.ts";
import type { FeedCommand } from "./feed-load.ts";
import type { JobResult } from "./job.ts";

/** Watchers in a process of their own, on the core for load. */
export interface FeedClient extends AsyncDisposable {
  /** Throws what the command throws. */
  run(command: FeedCommand): Promise<JobResult>;
}

/** Starts the process. */
export async function startFeedClient(port: number, pinned: boolean): Promise<FeedClient> {
  const command = [process.execPath, benchFile("load/feed-process.ts"), String(port)];
  const child = startProcess({ command, pinned, core: "load" });
  const exit = once(child, "exit");
  async function answer(): Promise<JobResult> {
    const [reply] = await Promise.race([
      once(child, "message"),
      exit.then(([code]) => [{ error: `the watchers' process ended with ${code}` }]),
    ]);
    if (reply.error !== undefined) throw new Error(reply.error);
    return reply.result;
  }
  await answer();
  return {
    run(command) {
      const answered = answer();
      child.send(command);
      return answered;
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      await exit;
    },
  };
}
