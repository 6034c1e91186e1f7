import { pino } from "pino";
import { createHost } from "../../host/host.ts";
import type { Served } from "../../host/served.ts";
import { testEngine } from "./engine.ts";

/** Services of a test on the real host, on a free port. */
export interface ServiceHost extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:port` */
  readonly baseUrl: string;
}

/** Serves what a test gives, as {@link createHost} serves everything, without a log. */
export async function startHost(...services: Served[]): Promise<ServiceHost> {
  const host = await createHost({
    services,
    log: pino({ level: "silent" }),
    shutdownGraceMs: 0,
    httpEngine: testEngine,
  });
  const [address] = await host.listen({ host: "localhost", port: 0 });
  const port = address?.port ?? 0;
  return { port, baseUrl: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => host.close() };
}
