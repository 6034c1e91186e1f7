import { once } from "node:events";
import { createUsers } from "./creates.ts";
import { callFromFar } from "./far.ts";
import { exportUsers, importUsers } from "./imports.ts";
import type { Job, JobResult } from "./job.ts";
import { callAtRate } from "./open-loop.ts";
import { stream } from "./streams.ts";
import { callWithTokens } from "./tokens.ts";

function run(job: Job): Promise<JobResult> {
  switch (job.kind) {
    case "open":
      return callAtRate(job);
    case "far":
      return callFromFar(job);
    case "streams":
      return stream(job);
    case "creates":
      return createUsers(job);
    case "tokens":
      return callWithTokens(job);
    case "import":
      return importUsers(job);
    case "export":
      return exportUsers(job);
  }
}

const [job] = (await once(process, "message")) as [Job];
try {
  process.send?.({ result: await run(job) });
} catch (error) {
  process.send?.({ error: (error as Error).stack });
}
process.disconnect?.();
