import type { Http2ServerResponse } from "node:http2";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Fields } from "../../protocol/metadata.ts";
import type { CallSource } from "../interceptors/call-source.ts";
import type { Exchange } from "./exchange.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import { Http2Exchange } from "./http2-exchange.ts";

/** Makes the exchange of a request that the host saw, in its version of HTTP. What hooks set on `reply` is sent, too. */
export function createExchange(request: FastifyRequest, reply: FastifyReply): Exchange {
  const { raw }: CallSource = request;
  // Otherwise lost: Fastify hands it to Node when it sends a reply itself.
  const answerHeaders = () => reply.getHeaders() as Fields;
  if (!raw.stream) return new Http1Exchange(request.raw, reply.raw, answerHeaders);
  // What Node's server for HTTP/2 hands over.
  const response = reply.raw as unknown as Http2ServerResponse;
  return new Http2Exchange(raw.stream, raw.headers, { answerHeaders, response });
}
