import type { Message } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import type { Fields } from "../../protocol/metadata.ts";
import type { CallInit } from "../lanes/call-scope.ts";
import { noTrailer } from "../lanes/reply-head.ts";
import type { RequestBody } from "../lanes/request-body.ts";
import type { UnaryRpc } from "../lanes/rpc.ts";
import { UnaryCall } from "../lanes/unary-call.ts";
import { parseEntityTags, toEntityTag } from "./etags.ts";
import { createRequestBody, writeError } from "./request-parts.ts";
import { statusOf } from "./rest-error.ts";
import type { RestRequest } from "./route.ts";

/** What a reply depends on, beside what its method says. */
const varies = "accept-encoding, origin";

/** A call of one message each way over plain HTTP. */
export class RestUnaryCall extends UnaryCall {
  readonly #request: RestRequest;
  #etag: string | undefined;
  #contentType: string | undefined;

  constructor(init: CallInit<UnaryRpc>, request: RestRequest) {
    super(init);
    this.#request = request;
  }

  protected override receive(): void {
    if (this.#request.route.hasBody) {
      super.receive();
      return;
    }
    this.answer(this.createBody());
    // A body that the rule has no use for must not stay on the connection.
    this.exchange.read();
  }

  override received(chunk: Uint8Array): void {
    if (this.#request.route.hasBody) super.received(chunk);
  }

  override receivedAll(): void {
    if (this.#request.route.hasBody) super.receivedAll();
  }

  protected override createBody(): RequestBody {
    return createRequestBody(this.#request, this.exchange, this.readOptions(false));
  }

  protected override serialize(message: Message): Uint8Array {
    const { etag, httpBody, serialize } = this.#request.route;
    if (etag) this.#etag = (message as unknown as Record<string, string>)[etag.localName];
    if (httpBody === undefined) return serialize(message);
    const { contentType, data } = httpBody(message);
    this.#contentType = contentType || "application/octet-stream";
    return data;
  }

  protected override reply(bytes: Uint8Array, compressed: boolean): void {
    const { exchange } = this;
    const fields = this.#replyFields();
    // What was made for one caller is nobody else's.
    if (this.header("authorization") !== undefined) fields["cache-control"] ??= "no-store";
    if (this.#etag) fields.etag ??= toEntityTag(this.#etag);
    const isRead = exchange.method === "GET" || exchange.method === "HEAD";
    if (isRead && this.#isKnown(fields)) {
      delete fields["content-type"];
      exchange.headAlone(304, fields);
      return;
    }
    if (this.#contentType !== undefined) fields["content-type"] = this.#contentType;
    if (compressed) fields["content-encoding"] = this.responseEncoding?.name;
    if (exchange.method === "HEAD") exchange.headAlone(200, { ...fields, "content-length": String(bytes.length) });
    else exchange.reply(200, fields, bytes);
  }

  /** A copy of the call's headers, and its trailers among them. */
  #replyFields(): Fields {
    const own = this.responseHeader.fields;
    const vary = own.vary === undefined ? varies : [own.vary, varies].flat().join(", ");
    const fields: Fields = { ...own, "x-content-type-options": "nosniff", vary };
    const trailers = this.responseTrailer.fields;
    if (trailers === noTrailer) return fields;
    for (const [name, value] of Object.entries(trailers)) fields[`trailer-${name}`] = value;
    return fields;
  }

  protected override replyError(error: ConnectError): void {
    // RFC 9110 section 15.5.13: the state that was asked for is no more.
    const failed = error.code === Code.Aborted && this.header("if-match") !== undefined;
    writeError(this.exchange, error, this.responseHeader, failed ? 412 : statusOf(error));
  }

  /** Tells whether the client has what it would be sent (RFC 9110 section 13.1.2). */
  #isKnown({ etag }: Fields): boolean {
    const header = this.header("if-none-match");
    if (header === undefined || typeof etag !== "string") return false;
    const values = parseEntityTags(header, "if-none-match");
    return values === "*" || values.some(value => toEntityTag(value) === etag);
  }
}
