import { create, toBinary } from "@bufbuild/protobuf";
import { Greeter, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { pathOf } from "../load/call.ts";
import { runJob } from "../load/client.ts";
import { type FeedClient, startFeedClient } from "../load/feed-client.ts";
import type { JobResult } from "../load/job.ts";
import type { ServerProcess } from "../peers/process.ts";
import { type LaneName, startConcierge } from "../peers/servers.ts";
import type { Bench } from "../scenario.ts";

/** All watchers come from one address. */
const settings = { FEED_MAX_SUBSCRIBERS_PER_CALLER: "20000" };
/** Unary calls a second beside the watchers: few, so that what they wait for is the watchers' work. */
const UNARY_RATE = 500;

const hello = toBinary(HelloRequestSchema, create(HelloRequestSchema, { name: "Ada", age: 36 }));

/** Starts our server for many watchers. The caller stops it. */
export function startFeedServer(bench: Bench, lane: LaneName = "wire"): Promise<ServerProcess> {
  return startConcierge(bench, { lane, settings });
}

/** Connects watchers that are not watching yet. The caller stops them. */
export async function connectWatchers(bench: Bench, server: ServerProcess, watchers: number): Promise<FeedClient> {
  const client = await startFeedClient(server.port, bench.machine.pinned);
  await client.run({ kind: "connect", watchers });
  return client;
}

/** Makes unary calls at a rate for some seconds, after one that warms up; answers their latency in milliseconds. */
export function callBeside(bench: Bench, server: ServerProcess, seconds: number): Promise<JobResult> {
  const call = { path: pathOf(Greeter.method.sayHello), message: Buffer.from(hello).toString("base64") };
  const load = { connections: 10, rate: UNARY_RATE, seconds };
  return runJob({ kind: "open", port: server.port, ...call, ...load }, bench.machine.pinned);
}
