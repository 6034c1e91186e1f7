import { gzipSync } from "node:zlib";
import { type DescMethod, type Message, toBinary, toJsonString } from "@bufbuild/protobuf";

/** How a unary call is written on the wire. `REST` is plain JSON over HTTP, for comparison. */
export type Format = "gRPC" | "gRPC-Web" | "Connect proto" | "Connect JSON" | "REST";

/** The version of HTTP that carries calls. */
export type HttpVersion = "1.1" | "2";

/** A POST, ready to be sent again and again. */
export interface Call {
  readonly format: Format;
  readonly http: HttpVersion;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const gzipHeaders: Readonly<Record<Format, Readonly<Record<string, string>>>> = {
  gRPC: { "grpc-encoding": "gzip", "grpc-accept-encoding": "gzip" },
  "gRPC-Web": { "grpc-encoding": "gzip", "grpc-accept-encoding": "gzip" },
  "Connect proto": { "content-encoding": "gzip", "accept-encoding": "gzip" },
  "Connect JSON": { "content-encoding": "gzip", "accept-encoding": "gzip" },
  REST: {},
};

const formatHeaders: Readonly<Record<Format, Readonly<Record<string, string>>>> = {
  gRPC: { "content-type": "application/grpc+proto", te: "trailers" },
  "gRPC-Web": { "content-type": "application/grpc-web+proto" },
  "Connect proto": { "content-type": "application/proto", "connect-protocol-version": "1" },
  "Connect JSON": { "content-type": "application/json", "connect-protocol-version": "1" },
  REST: { "content-type": "application/json" },
};

/** What makes up a call. */
export interface CallOptions {
  readonly format: Format;
  readonly http: HttpVersion;
  readonly method: DescMethod;
  readonly message: Message;
  /** Compresses the request and asks for a compressed reply. Defaults to false. */
  readonly gzip?: boolean;
}

/** The path of a method; `service` goes over the name of its own service. */
export function pathOf(method: DescMethod, service: string = method.parent.typeName): string {
  return `/${service}/${method.name}`;
}

/** Puts a message into an envelope of gRPC and of Connect's streams. */
export function envelope(message: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Writes a call. */
export function createCall({ format, http, method, message, gzip = false }: CallOptions): Call {
  const json = format === "Connect JSON" || format === "REST";
  const plain = json ? Buffer.from(toJsonString(method.input, message)) : Buffer.from(toBinary(method.input, message));
  const bytes = gzip ? gzipSync(plain) : plain;
  const enveloped = format === "gRPC" || format === "gRPC-Web";
  return {
    format,
    http,
    path: pathOf(method),
    headers: { ...formatHeaders[format], ...(gzip && gzipHeaders[format]) },
    body: enveloped ? envelope(bytes, gzip ? 1 : 0) : bytes,
  };
}
