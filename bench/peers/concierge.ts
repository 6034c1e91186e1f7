import type { ServiceImpl } from "@connectrpc/connect";
import type { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { createApp } from "../../server/app.ts";
import { parseConfig } from "../../server/config.ts";
import { callContextValues } from "../../server/interceptors/call-info.ts";
import { createChain } from "../../server/interceptors/chain.ts";
import type { Lane } from "../../server/lanes/lane.ts";
import { createLogger } from "../../server/logger.ts";
import { StreamGreeter, streamGreeter } from "./greeter-work.ts";
import { announce } from "./report.ts";

/** Our server as it is shipped, with a Greeter of long streams beside its own where the first argument is "streams". */
const config = parseConfig(process.env);
const log = createLogger(config);
const app = await createApp(config, log);

if (process.argv[2] === "streams") {
  const lane = process.env.LANE ?? "connect";
  const lanes: Readonly<Record<string, Lane>> = await import(`../../server/lanes/${lane}-lane.ts`);
  await lanes[`${lane}Lane`]?.(app.fastify, {
    routes(router) {
      router.service(StreamGreeter, streamGreeter as Partial<ServiceImpl<typeof Greeter>>);
    },
    interceptors: createChain({ log }),
    contextValues: callContextValues,
    maxMessageBytes: config.maxMessageBytes,
    maxDeadlineMs: config.maxDeadlineMs,
    shutdownSignal: new AbortController().signal,
  });
}

const [address] = await app.listen();

async function end() {
  app.abort();
  await app.close();
  if (process.connected) process.disconnect?.();
}
process.once("SIGTERM", end);
announce(address?.port ?? 0, end);
