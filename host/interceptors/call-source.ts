import type { IncomingHttpHeaders } from "node:http";
import type { Http2Session } from "node:http2";
import type { Socket } from "node:net";

/** A client's connection: the same object for all its requests. What it tells, it tells after its end as well. */
export interface ClientConnection {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  /** Whether it is over TLS. */
  readonly encrypted: boolean;
  /** Address and port; an IPv6 address in brackets. Empty where the client had left before it was accepted. */
  readonly peer: string;
}

/** What is asked of a request as it came: Node's own, in either version of HTTP, or what stands for one. */
export interface RawRequest {
  readonly method?: string | undefined;
  /** Path and query. */
  readonly url?: string | undefined;
  /** "1.1" or "2.0". */
  readonly httpVersion: string;
  /** In HTTP/2 there may be pseudo-headers among them. */
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they were sent. */
  readonly rawHeaders: readonly string[];
  /** Unset once the connection is over. */
  readonly socket: Pick<Socket, "remoteAddress" | "remotePort"> | undefined;
  /** Set in HTTP/2: Node's stream with its session, or one of our engine's with its connection. */
  readonly stream?: { readonly session?: Http2Session | undefined; readonly client?: ClientConnection };
}

/** The HTTP request that carries a call: a `FastifyRequest`, or what stands for one where the host never saw it. */
export interface CallSource {
  /** Names the request in logs. */
  readonly id: string;
  readonly raw: RawRequest;
  /** Set where our engines serve the request ahead of the host. */
  readonly client?: ClientConnection | undefined;
}

/** Address and port as text; empty where the address is not known. */
export function peerText(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return "";
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
