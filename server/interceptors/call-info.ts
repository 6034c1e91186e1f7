import type { Http2ServerRequest } from "node:http2";
import { type ContextValues, createContextKey, createContextValues } from "@connectrpc/connect";
import type { FastifyRequest } from "fastify";

/** What interceptors and services may know of the HTTP request that carries a call. */
export interface CallInfo {
  /** The client's `x-request-id` where it is fit to log, else a UUID. */
  readonly requestId: string;
  readonly protocol: "grpc" | "grpc-web" | "connect";
  /** "1.1" or "2.0". */
  readonly httpVersion: string;
  /** Address and port of the client. */
  readonly peer: string;
  /** Called by whoever logs the call, so that its request is not logged as well. */
  markLogged(): void;
}

/** Reads what is asked for, when it is asked for: most calls are never logged. */
class RequestCallInfo implements CallInfo {
  readonly #request: FastifyRequest;
  readonly peer: string;

  constructor(request: FastifyRequest) {
    this.#request = request;
    this.peer = peerOf(request);
  }
  markLogged() {
    logged.add(this.#request);
  }
  get requestId() {
    return this.#request.id;
  }
  get protocol() {
    const type = this.#request.raw.headers["content-type"]?.toLowerCase() ?? "";
    if (type.startsWith("application/grpc-web")) return "grpc-web";
    return type.startsWith("application/grpc") ? "grpc" : "connect";
  }
  get httpVersion() {
    return this.#request.raw.httpVersion;
  }
}

/** The requests whose calls are logged. */
const logged = new WeakSet<FastifyRequest>();

/** Tells whether a request's call is logged: it came as far as the chain. */
export function isLoggedCall(request: FastifyRequest): boolean {
  return logged.has(request);
}

/** Once a connection is lost its address is as well; and asking for it costs a system call. */
const peers = new WeakMap<object, string>();

/** Address and port of the client; an IPv6 address in brackets. */
export function peerOf({ raw }: FastifyRequest): string {
  const session = (raw as unknown as Partial<Http2ServerRequest>).stream?.session;
  const connection = session ?? raw.socket;
  let peer = peers.get(connection);
  if (peer === undefined) {
    const { remoteAddress = "", remotePort } = session?.socket ?? raw.socket;
    peer = remoteAddress.includes(":") ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
    peers.set(connection, peer);
  }
  return peer;
}

/** The client's address, without the port: who a call counts for where nobody has signed in. */
export function addressOf({ values }: { readonly values: ContextValues }): string {
  const { peer } = values.get(callInfoKey);
  return peer.replace(/:\d+$/, "");
}

const inProcess: CallInfo = {
  requestId: "",
  protocol: "connect",
  httpVersion: "",
  peer: "in-process",
  markLogged() {},
};

/** The context value under which a call's info is found. */
export const callInfoKey = createContextKey<CallInfo>(inProcess, { description: "call info" });

/** The context values each call starts with. */
export function callContextValues(request: FastifyRequest): ContextValues {
  return createContextValues().set(callInfoKey, new RequestCallInfo(request));
}
