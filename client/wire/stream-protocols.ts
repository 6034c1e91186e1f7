import { Code, ConnectError } from "@connectrpc/connect";
import type { Trailers } from "../../http2/message-fields.ts";
import { endStreamFromJson, trailerParse, validateConnectResponse } from "../../protocol/connect-internals.ts";
import { endStreamFlag, trailerFlag } from "../../protocol/envelope.ts";
import { grpcStatusOf } from "../../protocol/grpc-status.ts";
import { appendAll, Metadata } from "../../protocol/metadata.ts";
import type { Protocol } from "../protocol.ts";
import { validateHead } from "./grpc-unary.ts";
import type { MethodPlan } from "./method-plan.ts";

/** How a protocol begins and ends the reply to a streaming call. */
export interface StreamProtocol {
  /** The flag of the envelope that ends the reply; 0 where none does. */
  readonly endFlag: number;
  /** Throws where a reply's head is none of the protocol, or tells of an error. */
  judge(status: number, header: Headers, binary: boolean): void;
  /** Reads the envelope that ends the reply. Returns the trailers; throws the error that it tells of. */
  readEnd(bytes: Uint8Array, header: Headers, plan: MethodPlan): Headers;
  /** Reads the end of a reply that no envelope has ended. Returns the trailers; throws the error that they tell of. */
  readTrailers(trailers: Trailers | undefined, header: Headers, plan: MethodPlan): Headers;
}

/** Has an error tell all that the server said. */
function withHeader(error: ConnectError, header: Headers): ConnectError {
  appendAll(error.metadata, header);
  return error;
}

/** The trailers where they tell of no error. */
function judged(trailer: Headers, header: Headers, plan: MethodPlan): Headers {
  const error = grpcStatusOf(trailer);
  if (error !== undefined) throw withHeader(error, header);
  if (!trailer.has("grpc-status") && !header.has("grpc-status")) throw plan.cut("missing status");
  return trailer;
}

function judgeGrpc(isWeb: boolean, status: number, header: Headers): void {
  validateHead(isWeb, status, header);
  const error = grpcStatusOf(header);
  if (error !== undefined) throw error;
}

export const streamProtocols: Readonly<Record<Protocol, StreamProtocol>> = {
  grpc: {
    endFlag: 0,
    judge: (status, header) => judgeGrpc(false, status, header),
    readEnd: () => new Metadata({}),
    readTrailers: (trailers, header, plan) => judged(new Metadata(trailers?.headers ?? {}), header, plan),
  },
  "grpc-web": {
    endFlag: trailerFlag,
    judge: (status, header) => judgeGrpc(true, status, header),
    readEnd: (bytes, header, plan) => judged(trailerParse(bytes), header, plan),
    readTrailers(_trailers, header, plan) {
      // A head with a status is all of a reply.
      if (header.has("grpc-status")) return new Metadata({});
      throw plan.cut("missing trailer");
    },
  },
  connect: {
    endFlag: endStreamFlag,
    judge: (status, header, binary) => void validateConnectResponse("server_streaming", binary, status, header),
    readEnd(bytes, header) {
      const { error, metadata } = endStreamFromJson(bytes as Uint8Array<ArrayBuffer>);
      if (error !== undefined) throw withHeader(error, header);
      return metadata;
    },
    readTrailers(_trailers, _header, plan) {
      throw plan.cut("missing EndStreamResponse");
    },
  },
};

/** The error of a reply that goes on behind its end. */
export function behindEnd(): ConnectError {
  return new ConnectError("protocol error: received extra message after the end of the reply", Code.InvalidArgument);
}
