import { type ContextValues, createContextKey } from "@connectrpc/connect";
import type { ProtocolName } from "../../protocol/wire-format.ts";
import { callerKey } from "../auth/caller.ts";
import { type CallSource, peerText } from "./call-source.ts";
import { CallValues } from "./call-values.ts";
import { type ClientAddress, createClientAddress } from "./client-address.ts";
import { networkOf, withoutPort } from "./network.ts";

/** What interceptors and services may know of the HTTP request that carries a call. */
export interface CallInfo {
  /** The client's `x-request-id` where it is fit to log, else a UUID. */
  readonly requestId: string;
  readonly protocol: ProtocolName;
  /** "1.1" or "2.0". */
  readonly httpVersion: string;
  /** Address and port at the other end of the connection: the client's, or a proxy's. */
  readonly peer: string;
  /** The client's address where trusted proxies tell it. */
  readonly client: string | undefined;
  /** What the call came over: the same object for all calls of a connection; undefined where that is over. */
  readonly connection: object | undefined;
  /** The client's network: what limits are counted by where nobody signed in. */
  readonly network: string;
  /** When the call began, on `performance.now`. */
  readonly start: number;
  /** Every `authorization` header, as it was sent; Node itself shows only the first. */
  readonly authorization: readonly string[];
}

/** Reads what is asked for, when it is asked for: most calls are never logged. */
class RequestCallInfo implements CallInfo {
  readonly #source: CallSource;
  readonly #clientAddress: ClientAddress;
  /** Asked for early where it may be lost. */
  readonly #peer: string | undefined;
  readonly start = performance.now();

  readonly #protocol: ProtocolName | undefined;

  constructor(source: CallSource, clientAddress: ClientAddress, protocol: ProtocolName | undefined) {
    this.#protocol = protocol;
    this.#source = source;
    this.#clientAddress = clientAddress;
    this.#peer = source.client === undefined ? peerOf(source) : undefined;
  }
  get peer() {
    return this.#peer ?? peerOf(this.#source);
  }
  get requestId() {
    return this.#source.id;
  }
  get protocol() {
    if (this.#protocol !== undefined) return this.#protocol;
    const type = this.#source.raw.headers["content-type"]?.toLowerCase() ?? "";
    if (type.startsWith("application/grpc-web")) return "grpc-web";
    return type.startsWith("application/grpc") ? "grpc" : "connect";
  }
  get httpVersion() {
    return this.#source.raw.httpVersion;
  }
  get connection() {
    return connectionOf(this.#source);
  }
  get client() {
    return clientOf(this.#source, this.#clientAddress);
  }
  get network() {
    return networkOf(this.client ?? this.peer);
  }
  get authorization() {
    const { rawHeaders } = this.#source.raw;
    const values: string[] = [];
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i] ?? "";
      if (name.length === 13 && name.toLowerCase() === "authorization") values.push(rawHeaders[i + 1] ?? "");
    }
    return values;
  }
}

/** Once a connection of Node's is lost its address is as well; and asking for it costs a system call. */
const peers = new WeakMap<object, string>();

/** What a request came over: a connection of our engine's, or Node's session or socket. */
function connectionOf({ client, raw }: CallSource): object | undefined {
  // Node takes the socket from a request that its reader gave up.
  return client ?? raw.stream?.client ?? raw.stream?.session ?? raw.socket ?? undefined;
}

/**
 * Address and port of the client; an IPv6 address in brackets. Empty where the connection was lost before it was first asked
 * for: Node tells of an HTTP/2 stream a tick after its headers came, when its session may be over.
 */
export function peerOf(source: CallSource): string {
  const { client = source.raw.stream?.client } = source;
  if (client !== undefined) return client.peer;
  const connection = connectionOf(source);
  if (connection === undefined) return "";
  let peer = peers.get(connection);
  if (peer === undefined) {
    // A session that is over has no socket any more.
    const session = source.raw.stream?.session;
    const { remoteAddress, remotePort } = (session ? session.socket : source.raw.socket) ?? {};
    peer = peerText(remoteAddress, remotePort);
    peers.set(connection, peer);
  }
  return peer;
}

/** The client's address where trusted proxies tell it. */
export function clientOf(source: CallSource, clientAddress: ClientAddress): string | undefined {
  const forwardedFor = source.raw.headers["x-forwarded-for"];
  // Node joins what came in several lines.
  return forwardedFor && clientAddress(withoutPort(peerOf(source)), forwardedFor.toString());
}

/** Whom a call counts for where callers are limited: the subject who signed in, else the client's network. */
export function callerOf({ values }: { readonly values: ContextValues }): string {
  const { anonymous, subject } = values.get(callerKey);
  return anonymous ? `network ${values.get(callInfoKey).network}` : `subject ${subject}`;
}

const inProcess: CallInfo = {
  requestId: "",
  protocol: "connect",
  httpVersion: "",
  peer: "in-process",
  client: undefined,
  connection: {},
  network: "in-process",
  get start() {
    return performance.now();
  },
  authorization: [],
};

/** The context value under which a call's info is found. */
export const callInfoKey = createContextKey<CallInfo>(inProcess, { description: "call info" });

/** Believes no proxy. */
const direct = createClientAddress([]);

/** The context values each call starts with. Where no protocol is told, the content type tells it. */
export function callContextValues(
  source: CallSource,
  protocol?: ProtocolName,
  clientAddress: ClientAddress = direct,
): ContextValues {
  return new CallValues().set(callInfoKey, new RequestCallInfo(source, clientAddress, protocol));
}
