import { randomBytes } from "node:crypto";
import type { DescService } from "@bufbuild/protobuf";
import { type Client, type ConnectRouter, createClient, createConnectRouter } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { fastify } from "fastify";
import { type AlarmsOptions, createAlarms } from "../auth/alarms.ts";
import { createSecret, createSecretKeys } from "../auth/keys.ts";
import { mintToken } from "../auth/mint-token.ts";
import { readPolicies } from "../auth/policy.ts";
import type { Role } from "../auth/role.ts";
import { createTokenVerifier, type TokenVerifier } from "../auth/token-verifier.ts";
import { connectLane } from "../lanes/connect-lane.ts";
import type { Lane } from "../lanes/lane.ts";
import { createWireLane } from "../lanes/wire-lane.ts";
import { createOnePort } from "../listener/one-port.ts";
import { logTo } from "../logger.ts";
import { createCallLog } from "./call-end.ts";
import { callContextValues } from "./call-info.ts";
import { createChain, createGate, type GateOptions } from "./chain.ts";
import { answerHeaders, requestIdOf } from "./request-id.ts";

/** The lanes that gate and chain must work alike on. */
export const lanes: Readonly<Record<string, Lane>> = {
  "the wire lane": (app, options) => createWireLane()(app, options),
  "the Connect lane": connectLane,
};

/** The protocols, each over the HTTP version it is mostly spoken over. */
export const transports = {
  gRPC: (baseUrl: string) => createGrpcTransport({ baseUrl }),
  "gRPC-Web": (baseUrl: string) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
  Connect: (baseUrl: string) => createConnectTransport({ baseUrl, httpVersion: "2" }),
};

/** A server behind gate and chain, with services of the test's own. */
export interface Guarded extends AsyncDisposable {
  readonly port: number;
  readonly baseUrl: string;
  /** The log so far, parsed. */
  readonly lines: Record<string, unknown>[];
  /** A client that sends `token`, where there is one. */
  client<T extends DescService>(service: T, token?: string, protocol?: keyof typeof transports): Client<T>;
  /** A token of this server's; it ends the tolerance of 30 s later than `ttlSeconds` says. */
  token(subject: string, role?: Role, ttlSeconds?: number): Promise<string>;
}

/** What a server can be told. Limits are none by default. */
export interface GuardedOptions extends Pick<GateOptions, "rate" | "maxStreamsPerCaller"> {
  /** Judges tokens. Default: by a secret, which `token` signs with. */
  readonly verifier?: TokenVerifier;
  /** What tokens are dated and judged by. Default: the system's clock. */
  readonly clock?: AlarmsOptions;
}

/** Starts a server on a free port. */
export async function startGuarded(
  lane: Lane,
  routes: (router: ConnectRouter) => void,
  { verifier, clock = {}, ...limits }: GuardedOptions = {},
): Promise<Guarded> {
  const secret = createSecret(randomBytes(32).toString("hex"));
  const { now = Date.now } = clock;
  const lines: Record<string, unknown>[] = [];
  const log = logTo({ write: line => lines.push(JSON.parse(line)) }, "info");
  const router = createConnectRouter();
  routes(router);
  const auth = {
    verifier: verifier ?? createTokenVerifier({ keys: createSecretKeys(secret), now }),
    policies: readPolicies(router.handlers.map(({ method }) => method)),
    alarms: createAlarms(clock),
  };
  const onePort = createOnePort();
  const app = fastify({ serverFactory: onePort.serverFactory, genReqId: ({ headers }) => requestIdOf(headers) });
  app.addHook("onRequest", async (request, reply) => void reply.headers(answerHeaders(request)));
  await lane(app, {
    routes,
    interceptors: createChain({ auth }),
    requestGate: createGate({ auth, ...limits }),
    contextValues: callContextValues,
    onCallEnd: createCallLog(log),
    maxMessageBytes: 10_000,
    maxDeadlineMs: 60_000,
    shutdownSignal: new AbortController().signal,
  });
  await app.ready();
  const [address] = await onePort.listen({ host: "127.0.0.1", port: 0 });
  const baseUrl = `http://127.0.0.1:${address?.port}`;
  return {
    port: address?.port ?? 0,
    baseUrl,
    lines,
    client(service, token, protocol = "gRPC") {
      const transport = transports[protocol](baseUrl);
      if (token === undefined) return createClient(service, transport);
      return createClient(service, {
        unary(method, signal, timeoutMs, header, input, values) {
          const headers = new Headers(header);
          headers.set("authorization", `Bearer ${token}`);
          return transport.unary(method, signal, timeoutMs, headers, input, values);
        },
        stream(method, signal, timeoutMs, header, input, values) {
          const headers = new Headers(header);
          headers.set("authorization", `Bearer ${token}`);
          return transport.stream(method, signal, timeoutMs, headers, input, values);
        },
      });
    },
    token: (subject, role, ttlSeconds = 60) => mintToken({ secret, subject, role, ttlSeconds, now }),
    [Symbol.asyncDispose]: () => onePort.drain(0),
  };
}
