import type { FastifyReply, FastifyRequest } from "fastify";

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
  if (type.startsWith("application/grpc")) {
    reply.header("grpc-status", grpcStatus).header("grpc-message", percentEncode(message)).type(type).send();
  } else {
    reply.code(status).send({ code, message });
  }
}

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Percent-Encoded": printable ASCII stays as it is. */
function percentEncode(message: string): string {
  return message.replace(/[^\x20-\x7e]|%/g, encodeURIComponent);
}
