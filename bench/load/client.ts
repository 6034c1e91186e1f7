import { once } from "node:events";
import { startProcess } from "../peers/process.ts";
import { benchFile } from "../peers/servers.ts";
import type { Job, JobResult } from "./job.ts";

/** Does a job in a process of its own, on the core for load. Throws what it throws. */
export async function runJob(job: Job, pinned: boolean, core: "load" | "any" = "load"): Promise<JobResult> {
  const child = startProcess({ command: [process.execPath, benchFile("load/client-process.ts")], pinned, core });
  const exit = once(child, "exit");
  const answer = once(child, "message");
  child.send(job);
  const [reply] = await Promise.race([
    answer,
    exit.then(([code]) => [{ error: `the load client ended with ${code}` }]),
  ]);
  await exit;
  if (reply.error !== undefined) throw new Error(`${job.kind}: ${reply.error}`);
  return reply.result;
}
