import type { Http2ServerResponse, ServerHttp2Stream } from "node:http2";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Fields } from "../../protocol/metadata.ts";
import { HostStream } from "../http2-bridge/host-stream.ts";
import type { CallSource } from "../interceptors/call-source.ts";
import { EngineExchange } from "./engine-exchange.ts";
import type { Exchange } from "./exchange.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import { Http2Exchange } from "./http2-exchange.ts";
import type { LaneConnection } from "./lane-connection.ts";

/** Makes the exchange of a request that the host saw, in its version of HTTP. What hooks set on `reply` is sent, too. */
export function createExchange(request: FastifyRequest, reply: FastifyReply): Exchange {
  const { raw }: CallSource = request;
  // Otherwise lost: Fastify hands it to Node when it sends a reply itself.
  const answerHeaders = () => reply.getHeaders() as Fields;
  const { stream } = raw;
  if (stream === undefined) return new Http1Exchange(request.raw, reply.raw, answerHeaders);
  if (stream instanceof HostStream) return takeStream(stream, request, reply, answerHeaders);
  // What Node's server for HTTP/2 hands over.
  const response = reply.raw as unknown as Http2ServerResponse;
  return new Http2Exchange(stream as ServerHttp2Stream, raw.headers, { answerHeaders, response });
}

/** The bodies of calls do not pass Node's streams; Node's request and response are told how they went, as hooks ask them. */
function takeStream(stream: HostStream, request: FastifyRequest, reply: FastifyReply, answerHeaders: () => Fields) {
  return new EngineExchange(stream.handOver(), stream.client as LaneConnection, {
    requestId: () => request.id,
    answerHeaders,
    responded(status) {
      reply.raw.statusCode = status;
      stream.responded();
    },
    closed: end => stream.over(end),
  });
}
