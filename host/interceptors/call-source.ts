import type { IncomingHttpHeaders } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";

/** What is asked of a request as it came: Node's own, in either version of HTTP, or what stands for one. */
export interface RawRequest {
  readonly method?: string | undefined;
  /** Path and query. */
  readonly url?: string | undefined;
  /** "1.1" or "2.0". */
  readonly httpVersion: string;
  /** In HTTP/2 with the pseudo-headers. */
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they were sent. */
  readonly rawHeaders: readonly string[];
  /** Unset once the connection is over. */
  readonly socket: Pick<Socket, "remoteAddress" | "remotePort"> | undefined;
  /** Set in HTTP/2. */
  readonly stream?: ServerHttp2Stream;
}

/** The HTTP request that carries a call: a `FastifyRequest`, or what stands for one where the host never saw it. */
export interface CallSource {
  /** Names the request in logs. */
  readonly id: string;
  readonly raw: RawRequest;
}
