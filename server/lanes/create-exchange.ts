import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { FastifyReply } from "fastify";
import type { Exchange } from "./exchange.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import { Http2Exchange } from "./http2-exchange.ts";

/** Makes the exchange of a request in its version of HTTP. What hooks of the host set on `reply` is sent, too. */
export function createExchange(
  request: IncomingMessage,
  response: ServerResponse,
  reply?: Pick<FastifyReply, "getHeaders">,
): Exchange {
  if (request.httpVersionMajor === 1) return new Http1Exchange(request, response, reply);
  const [h2, h2Response] = [request, response] as unknown as [Http2ServerRequest, Http2ServerResponse];
  return new Http2Exchange(h2, h2Response, reply);
}
