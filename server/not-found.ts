import type { FastifyReply, FastifyRequest } from "fastify";
import { percentEncode } from "./lanes/grpc-status.ts";

/** gRPC's UNIMPLEMENTED, https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const unimplemented = 12;

/**
 * Answers what no route serves in the asker's own protocol: gRPC and gRPC-Web get UNIMPLEMENTED in headers alone, all
 * else HTTP 404 with a Connect error. Runs before the body is looked at, whatever its type.
 */
export function answerNotFound(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  if (!request.is404) {
    done();
    return;
  }
  const type = request.headers["content-type"] ?? "";
  const path = request.url.split("?", 1)[0]?.slice(0, 256) ?? "";
  if (type.startsWith("application/grpc")) {
    const message = `${path} is not served here`;
    reply.header("grpc-status", unimplemented).header("grpc-message", percentEncode(message)).type(type).send();
  } else {
    reply.code(404).send({ code: "unimplemented", message: `${request.method} ${path} is not served here` });
  }
}
