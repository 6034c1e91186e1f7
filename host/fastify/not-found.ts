import type { FastifyReply, FastifyRequest } from "fastify";
import { refuseRequest } from "./refuse-request.ts";

/** Answers a path that cannot be decoded, which Fastify answers ahead of all hooks. */
export function answerBadPath(request: FastifyRequest, reply: FastifyReply): void {
  const message = "the path is not well-formed: each % must be followed by the two hex digits of a byte in UTF-8";
  reply.header("x-content-type-options", "nosniff");
  refuseRequest(request, reply, { status: 400, code: "invalid_argument", grpcStatus: 3, message });
}

/** Answers what no route serves, whatever the type of its body: as a preParsing hook, after all onRequest hooks. */
export function answerNotFound(
  request: FastifyRequest,
  reply: FastifyReply,
  _payload: unknown,
  done: () => void,
): void {
  if (!request.is404) {
    done();
    return;
  }
  const path = request.url.split("?", 1)[0]?.slice(0, 256) ?? "";
  const isGrpc = request.headers["content-type"]?.startsWith("application/grpc");
  const message = isGrpc ? `${path} is not served here` : `${request.method} ${path} is not served here`;
  refuseRequest(request, reply, { status: 404, code: "unimplemented", grpcStatus: 12, message });
}
