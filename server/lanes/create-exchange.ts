import type { FastifyReply, FastifyRequest } from "fastify";
import type { CallSource } from "../interceptors/call-source.ts";
import type { Exchange } from "./exchange.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import { Http2Exchange } from "./http2-exchange.ts";

/** Makes the exchange of a request that the host saw, in its version of HTTP. What hooks set on `reply` is sent, too. */
export function createExchange(request: FastifyRequest, reply: FastifyReply): Exchange {
  const { raw }: CallSource = request;
  if (raw.stream) return new Http2Exchange(raw.stream, raw.headers, reply);
  return new Http1Exchange(request.raw, reply.raw, reply);
}
