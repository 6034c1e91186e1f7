import { once } from "node:events";
import * as http from "node:http";
import type * as http2 from "node:http2";
import * as net from "node:net";
import { createOnePort, type OnePort, type OnePortOptions } from "../../host/listener/one-port.ts";
import { testEngine } from "./engine.ts";

/** Longer than any test runs: what waits for it never comes. */
export const never = 3_600_000;

type Handler = Parameters<OnePort["serverFactory"]>[0];

/** A listener on a free port of both loopback families. */
export interface TestPort extends AsyncDisposable {
  readonly port: OnePort;
  readonly addresses: readonly net.AddressInfo[];
  /** The port's number. */
  readonly number: number;
  /** The limits that acted so far. */
  readonly cuts: readonly string[];
}

/** Starts a listener that tells method and version, or does as `handler` says. */
export async function startPort(options: OnePortOptions = {}, handler: Handler = tellVersion): Promise<TestPort> {
  const cuts: string[] = [];
  const port = createOnePort({
    onCut: reason => cuts.push(reason),
    httpEngine: testEngine,
    ...options,
    limits: { lingerMs: 1, ...options.limits },
  });
  port.serverFactory(handler);
  const addresses = await port.listen({ host: "localhost", port: 0 });
  return { port, addresses, number: addresses[0]?.port ?? 0, cuts, [Symbol.asyncDispose]: () => port.drain(0) };
}

/** The same by `node:http2`, whose guard against what clients may do is made of other bounds. */
export function startNodePort(options: OnePortOptions = {}, handler?: Handler): Promise<TestPort> {
  return startPort({ ...options, httpEngine: "node" }, handler);
}

function tellVersion(request: http.IncomingMessage, response: http.ServerResponse) {
  response.end(`${request.method} over HTTP/${request.httpVersion}`);
}

/** A raw connection. Its errors are for whoever waits for something on it: a server that ends with its test may reset it. */
export async function connect(port: number): Promise<net.Socket> {
  const socket = net.connect({ host: "127.0.0.1", port, noDelay: true }).on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** The body of `GET /`. */
export async function getOverHttp1(port: number, agent?: http.Agent): Promise<string> {
  const request = http.get({ host: "127.0.0.1", port, ...(agent && { agent }) });
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  return (await response.toArray()).join("");
}

/** The body of `GET /`. */
export async function getOverHttp2(session: http2.ClientHttp2Session): Promise<string> {
  const stream = session.request({ ":path": "/" });
  return (await stream.toArray()).join("");
}

/** All that the server sends until it closes, in whatever way. */
export async function readToClose(socket: net.Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => undefined);
  // `once` of node:events would reject with an error, such as that of a write which the end came ahead of.
  if (!socket.closed) await new Promise(resolve => socket.once("close", resolve));
  return Buffer.concat(chunks);
}
