import { once } from "node:events";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { pino } from "pino";
import { DirectoryService } from "../../../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter } from "../../../gen/greeter/greeter_pb.ts";
import { createHost } from "../../../host/host.ts";
import type { Host } from "../../../host/host-options.ts";
import { serve } from "../../../host/served.ts";
import { testEngine } from "../../../test/support/engine.ts";
import { passOn, startTcp } from "../../../test/support/tcp-server.ts";

/** One server of several that serve the same. */
export interface Replica extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** `http://127.0.0.1:port` */
  readonly baseUrl: string;
  readonly host: Host;
  /** Calls so far. */
  calls: number;
  /** What each call does before its last reply; a unary one with the name that it was given. */
  work: (name?: string) => unknown;
}

/**
 * Starts a greeter that replies with its name, on a free port; streams send a message, and wait for `work`. The
 * directory lists nobody.
 */
export async function startReplica(name: string, shutdownGraceMs = 0): Promise<Replica> {
  const greeter = serve(Greeter, {
    async sayHello({ name: given }) {
      replica.calls++;
      await replica.work(given);
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
    services: [greeter, serve(DirectoryService, { listUsers: async () => ({ users: [] }) })],
    log: pino({ level: "silent" }),
    shutdownGraceMs,
    hosts: ["greeter", "greeter.example.com"],
    httpEngine: testEngine,
  });
  const [address] = await host.listen({ host: "127.0.0.1", port: 0 });
  const replica = {
    name,
    port: address?.port ?? 0,
    baseUrl: `http://127.0.0.1:${address?.port}`,
    host,
    calls: 0,
    work: (_name?: string): unknown => undefined,
    [Symbol.asyncDispose]: () => host.close(),
  };
  return replica;
}

/** A port that stays while the server behind it is another, or none. */
export interface Front extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly baseUrl: string;
  /** Who new connections go to; with undefined they are closed. */
  server: Replica | undefined;
}

/** Starts a front of a server. */
export async function startFront(first: Replica): Promise<Front> {
  const tcp = await startTcp(socket => {
    if (front.server === undefined) socket.destroy();
    else passOn(socket, front.server.port);
  });
  const front: Front = {
    baseUrl: tcp.baseUrl,
    server: first,
    [Symbol.asyncDispose]: () => tcp[Symbol.asyncDispose](),
  };
  return front;
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
