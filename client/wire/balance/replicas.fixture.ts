import { once } from "node:events";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { pino } from "pino";
import { Greeter } from "../../../gen/greeter/greeter_pb.ts";
import { createHost } from "../../../host/host.ts";
import type { Host } from "../../../host/host-options.ts";
import { serve } from "../../../host/served.ts";
import { testEngine } from "../../../test/support/engine.ts";

/** One server of several that serve the same. */
export interface Replica extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** `http://127.0.0.1:port` */
  readonly baseUrl: string;
  readonly host: Host;
  /** Calls so far. */
  calls: number;
  /** What each unary call does before its reply. */
  work: () => unknown;
}

/** Starts a greeter that replies with its name, on a free port or this one; streams send a message, and wait for `work`. */
export async function startReplica(name: string, port = 0): Promise<Replica> {
  const greeter = serve(Greeter, {
    async sayHello() {
      replica.calls++;
      await replica.work();
      return { serverId: name };
    },
    async *sayHelloStream() {
      replica.calls++;
      yield { serverId: name };
      await replica.work();
      yield { serverId: name };
    },
  });
  const host = await createHost({
    services: [greeter],
    log: pino({ level: "silent" }),
    shutdownGraceMs: 0,
    httpEngine: testEngine,
  });
  const [address] = await host.listen({ host: "127.0.0.1", port });
  const replica = {
    name,
    port: address?.port ?? 0,
    baseUrl: `http://127.0.0.1:${address?.port}`,
    host,
    calls: 0,
    work: (): unknown => undefined,
    [Symbol.asyncDispose]: () => host.close(),
  };
  return replica;
}

/** Starts a greeter that knows no health service; `called` is told what each call called it by. */
export async function startWithoutHealth(name: string, called: (authority: string) => void = () => {}) {
  const server = createServer(
    connectNodeAdapter({ routes: router => void router.service(Greeter, { sayHello: () => ({ serverId: name }) }) }),
  );
  server.on("request", ({ authority }) => called(authority));
  const sessions = new Set<{ destroy(): void }>();
  server.on("session", session => sessions.add(session));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
