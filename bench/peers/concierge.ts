import type { ServiceImpl } from "@connectrpc/connect";
import type { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { createHost } from "../../host/host.ts";
import { hostOptions } from "../../host/host-settings.ts";
import { createLogger } from "../../host/logger.ts";
import { serve } from "../../host/served.ts";
import { createApp } from "../../server/app.ts";
import { parseConfig } from "../../server/config/config.ts";
import { StreamGreeter, streamGreeter } from "./greeter-work.ts";
import { announce } from "./report.ts";

/** Our server as it is shipped; where the first argument is "streams", its host with a Greeter of long streams. */
const config = parseConfig(process.env);
const log = createLogger(config);

async function start() {
  if (process.argv[2] !== "streams") return createApp(config, log);
  const service = serve(StreamGreeter, streamGreeter as Partial<ServiceImpl<typeof Greeter>>);
  return createHost({ ...hostOptions(config), reflection: "off", log, services: [service] });
}

const app = await start();
const [address] = await app.listen();

async function end() {
  app.abort();
  await app.close();
  if (process.connected) process.disconnect?.();
}
process.once("SIGTERM", end);
announce(address?.port ?? 0, end);
