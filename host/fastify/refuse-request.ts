import type { FastifyReply, FastifyRequest } from "fastify";
import { percentEncode } from "../../protocol/grpc-status.ts";

/** How a request is refused that never becomes a call. */
export interface RequestRefusal {
  /** HTTP status for all but gRPC. */
  readonly status: number;
  /** Connect's name of the code, https://connectrpc.com/docs/protocol#error-codes */
  readonly code: string;
  /** gRPC's number of the same code, https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
  readonly grpcStatus: number;
  readonly message: string;
}

/**
 * Refuses a request in the asker's own protocol: gRPC and gRPC-Web get their status in headers alone, all else an HTTP
 * status with a Connect error. For hooks that run before the body is looked at.
 */
export function refuseRequest(request: FastifyRequest, reply: FastifyReply, refusal: RequestRefusal): void {
  const { status, code, grpcStatus, message } = refusal;
  const type = request.headers["content-type"] ?? "";
  if (!type.startsWith("application/grpc")) {
    reply.code(status).send({ code, message });
    return;
  }
  reply.header("grpc-status", grpcStatus).header("grpc-message", percentEncode(message)).type(type);
  if (request.raw.httpVersionMajor === 2) endWithHead(reply);
  else reply.send();
}

/**
 * Sends status and headers as one block that ends the stream: gRPC's "Trailers-Only"
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). Fastify sends an empty body after the head, and clients then
 * take what is said in the head for no status at all (grpc/grpc-go#658).
 */
function endWithHead(reply: FastifyReply): void {
  const { raw } = reply;
  const headers = reply.getHeaders();
  reply.hijack();
  raw.statusCode = 200;
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) raw.setHeader(name, value);
  raw.end();
}
