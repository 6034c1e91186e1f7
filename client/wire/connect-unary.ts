import { Code, ConnectError, type UnaryRequest } from "@connectrpc/connect";
import type { ResponseHead } from "../../http2/response-head.ts";
import {
  errorFromJsonBytes,
  transformConnectPostToGetRequest,
  validateConnectResponse,
} from "../../protocol/connect-internals.ts";
import { appendAll, type Fields, Metadata } from "../../protocol/metadata.ts";
import { isTruncated } from "./method-plan.ts";
import { type FramedRequest, UnaryCall, type UnaryReply } from "./unary-call.ts";

/** Trailers of unary calls are headers of this prefix, https://connectrpc.com/docs/protocol#unary-response */
const trailerPrefix = "trailer-";

/** A unary call over Connect: a message is a body, an error is a body in JSON. */
export class ConnectUnaryCall extends UnaryCall {
  #chunks: Buffer[] = [];
  #size = 0;
  /** What the reply's status says, where its body says more. */
  #error: ConnectError | undefined = undefined;

  protected frame(request: UnaryRequest, bytes: Uint8Array, isCompressed: boolean): FramedRequest {
    const { plan } = this;
    if (isCompressed && plan.encoding) request.header.set("content-encoding", plan.encoding.name);
    if (!plan.usesGet) return { parts: request, body: bytes };
    const get = transformConnectPostToGetRequest(request, bytes as Uint8Array<ArrayBuffer>, plan.format.binary);
    return { parts: get, body: undefined };
  }

  protected judge(head: ResponseHead): void {
    const { plan } = this;
    const header = new Metadata(head.headers);
    const encoding = plan.encodingOf(header);
    const { isUnaryError, unaryError } = validateConnectResponse("unary", plan.format.binary, head.status, header);
    if (isUnaryError) {
      this.#error = unaryError;
      return;
    }
    plan.goodHead = head;
    plan.goodEncoding = encoding;
  }

  data(chunk: Buffer): void {
    this.#size += chunk.length;
    const { readMaxBytes } = this.plan;
    if (this.#size > readMaxBytes) {
      const text = `message size is larger than configured readMaxBytes ${readMaxBytes}`;
      this.fail(new ConnectError(text, Code.ResourceExhausted));
      return;
    }
    this.#chunks.push(chunk);
    const promised = this.head?.contentLength;
    if (promised !== undefined) this.stream?.want(promised - this.#size);
  }

  protected conclude(): UnaryReply | Promise<UnaryReply> {
    const { plan } = this;
    const head = this.head as ResponseHead;
    const body = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    const encoding = head === plan.goodHead ? plan.goodEncoding : plan.encodingOf(new Metadata(head.headers));
    if (encoding === undefined) return this.#read(head, body);
    try {
      const plain = plan.decompress(body, encoding);
      if (!(plain instanceof Promise)) return this.#read(head, plain);
      return plain.then(
        bytes => this.#read(head, bytes),
        reason => this.#refuse(reason),
      );
    } catch (reason) {
      this.#refuse(reason);
    }
  }

  /** No length stands before the body: one that a proxy has cut off shows here. */
  #refuse(reason: unknown): never {
    throw isTruncated(reason) ? this.plan.cut("incomplete compressed message") : reason;
  }

  #read(head: ResponseHead, bytes: Uint8Array): UnaryReply {
    const { header, trailer } = split(head.headers);
    if (this.#error !== undefined) {
      appendAll(header, trailer);
      throw errorFromJsonBytes(bytes as Uint8Array<ArrayBuffer>, header, this.#error);
    }
    return { header, trailer, message: this.plan.parse(bytes) };
  }
}

/** Takes headers and trailers apart. */
function split(fields: Readonly<Fields>): { readonly header: Headers; readonly trailer: Headers } {
  let header: Fields = fields;
  const trailer: Fields = {};
  for (const name in fields) {
    if (!name.startsWith(trailerPrefix)) continue;
    if (header === fields) header = { ...fields };
    delete header[name];
    trailer[name.slice(trailerPrefix.length)] = fields[name];
  }
  return { header: new Metadata(header), trailer: new Metadata(trailer) };
}
