import { Code, ConnectError, type UnaryRequest } from "@connectrpc/connect";
import type { Trailers } from "../../http2/message-fields.ts";
import type { ResponseHead } from "../../http2/response-head.ts";
import { codeFromHttpStatus, trailerParse } from "../../protocol/connect-internals.ts";
import type { Encoding } from "../../protocol/encodings.ts";
import { compressedFlag, EnvelopeReader, envelop, trailerFlag, wholeEnvelope } from "../../protocol/envelope.ts";
import { grpcStatusOf, percentDecode } from "../../protocol/grpc-status.ts";
import { appendAll, Metadata } from "../../protocol/metadata.ts";
import { parseContentType } from "../../protocol/wire-format.ts";
import { type FramedRequest, UnaryCall, type UnaryReply } from "./unary-call.ts";

/** A unary call over gRPC or gRPC-Web: one message in an envelope each way, and a status behind the reply. */
export class GrpcUnaryCall extends UnaryCall {
  #reader: EnvelopeReader | undefined = undefined;
  #flags = 0;
  #message: Uint8Array | undefined = undefined;
  #isExtra = false;
  /** gRPC-Web's trailers, which are part of the body. */
  #webTrailer: Uint8Array | undefined = undefined;
  #webTrailerFlags = 0;

  protected frame(request: UnaryRequest, bytes: Uint8Array, isCompressed: boolean): FramedRequest {
    return { parts: request, body: envelop(isCompressed ? compressedFlag : 0, bytes) };
  }

  protected judge(head: ResponseHead): void {
    const { plan } = this;
    const header = new Metadata(head.headers);
    validateHead(plan.protocol === "grpc-web", head.status, header);
    const encoding = plan.encodingOf(header);
    // A status in the head is this call's alone.
    if ("grpc-status" in head.headers) return;
    plan.goodHead = head;
    plan.goodEncoding = encoding;
  }

  data(chunk: Buffer): void {
    const whole = this.#reader === undefined ? wholeEnvelope(chunk, this.plan.readMaxBytes) : undefined;
    if (whole !== undefined) {
      this.#take(whole.flags, whole.data);
      return;
    }
    this.#reader ??= new EnvelopeReader(this.plan.readMaxBytes);
    this.#reader.push(chunk);
    try {
      for (let next = this.#reader.read(); next !== undefined; next = this.#reader.read()) {
        this.#take(next.flags, next.data);
      }
    } catch (reason) {
      this.fail(ConnectError.from(reason));
      return;
    }
    this.stream?.want(this.#reader.missing);
  }

  #take(flags: number, data: Uint8Array): void {
    if ((flags & trailerFlag) !== 0 && this.plan.protocol === "grpc-web") {
      this.#isExtra ||= this.#webTrailer !== undefined;
      this.#webTrailer = data;
      this.#webTrailerFlags = flags;
      return;
    }
    this.#isExtra ||= this.#message !== undefined || this.#webTrailer !== undefined;
    this.#message = data;
    this.#flags = flags;
  }

  protected conclude(trailers: Trailers | undefined): UnaryReply | Promise<UnaryReply> {
    const head = this.head as ResponseHead;
    const header = new Metadata(head.headers);
    const encoding = head === this.plan.goodHead ? this.plan.goodEncoding : this.plan.encodingOf(header);
    const web = this.#webTrailer;
    if (web === undefined) return this.#read(header, new Metadata(trailers?.headers ?? {}), encoding);
    if ((this.#webTrailerFlags & compressedFlag) === 0) return this.#read(header, trailerParse(web), encoding);
    const plain = this.plan.decompress(web, encoding);
    if (!(plain instanceof Promise)) return this.#read(header, trailerParse(plain), encoding);
    return plain.then(bytes => this.#read(header, trailerParse(bytes), encoding));
  }

  #read(header: Headers, trailer: Headers, encoding: Encoding | undefined): UnaryReply | Promise<UnaryReply> {
    this.#checkStatus(header, trailer);
    if ((this.#reader?.buffered ?? 0) > 0) throw this.plan.cut("incomplete envelope");
    if (this.#isExtra) {
      throw new ConnectError("protocol error: received extra output message for unary method", Code.Unimplemented);
    }
    const bytes = this.#message;
    if (bytes === undefined) {
      throw new ConnectError("protocol error: missing output message for unary method", Code.Unimplemented);
    }
    if ((this.#flags & compressedFlag) === 0) return { header, trailer, message: this.plan.parse(bytes) };
    const { plan } = this;
    const plain = plan.decompress(bytes, encoding);
    if (!(plain instanceof Promise)) return { header, trailer, message: plan.parse(plain) };
    return plain.then(inflated => ({ header, trailer, message: plan.parse(inflated) }));
  }

  /** Throws what the trailers tell, or the head where it has the status ("Trailers-Only"), or that nobody tells. */
  #checkStatus(header: Headers, trailer: Headers): void {
    const ofHead = header.has("grpc-status");
    const error = grpcStatusOf(trailer) ?? (ofHead ? grpcStatusOf(header) : undefined);
    if (error !== undefined) {
      if (trailer.has("grpc-status")) appendAll(error.metadata, header);
      if (ofHead && this.#message !== undefined) {
        throw new ConnectError("protocol error: received output message with error status", Code.Unknown);
      }
      throw error;
    }
    if (!ofHead && !trailer.has("grpc-status")) throw this.plan.cut("missing status");
  }
}

/** Throws where a head is none of gRPC's; where it holds an error, that is for later. */
export function validateHead(isWeb: boolean, status: number, header: Headers): void {
  // gRPC-Web's own library takes all of these.
  if (status !== 200 && !(isWeb && status > 200 && status < 300)) {
    const text = (isWeb && header.get("grpc-message")) || `HTTP ${status}`;
    throw new ConnectError(percentDecode(text), codeFromHttpStatus(status), header);
  }
  const type = header.get("content-type");
  if (parseContentType(type ?? "")?.protocol === (isWeb ? "grpc-web" : "grpc")) return;
  throw new ConnectError(`unsupported content type ${type}`, Code.Unknown, header);
}
