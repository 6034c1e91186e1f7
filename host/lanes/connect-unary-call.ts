import type { ConnectError } from "@connectrpc/connect";
import { codeToHttpStatus, mergeNonProtocolHeaders } from "../../protocol/connect-internals.ts";
import { compressMinBytes } from "../../protocol/encodings.ts";
import type { Fields } from "../../protocol/metadata.ts";
import { connectErrorJson } from "../../protocol/wire-error.ts";
import type { CallInit } from "./call-scope.ts";
import { noTrailer } from "./reply-head.ts";
import type { UnaryRpc } from "./rpc.ts";
import { UnaryCall } from "./unary-call.ts";

/** https://connectrpc.com/docs/protocol#unary-request: bare messages, trailers among the headers, errors by HTTP status. */
export class ConnectUnaryCall extends UnaryCall {
  readonly #readHeaders: Readonly<Record<string, string>> | undefined;

  constructor(init: CallInit<UnaryRpc>) {
    super(init);
    this.#readHeaders = init.readHeaders;
  }

  protected override reply(bytes: Uint8Array, compressed: boolean): void {
    this.#write(200, bytes, compressed);
  }

  protected override replyError(error: ConnectError): void {
    this.responseHeader.set("content-type", "application/json");
    if (!(error as { isWireError?: boolean }).isWireError) mergeNonProtocolHeaders(this.responseHeader, error.metadata);
    const status = codeToHttpStatus(error.code);
    const bytes = Buffer.from(JSON.stringify(connectErrorJson(error)));
    const compressed = bytes.length < compressMinBytes ? undefined : this.responseEncoding?.compress(bytes);
    if (compressed instanceof Promise) {
      compressed.then(done => this.#write(status, done, true)).catch(reason => this.unwritable(reason));
    } else this.#write(status, compressed ?? bytes, compressed !== undefined);
  }

  #write(status: number, bytes: Uint8Array, compressed: boolean): void {
    const { exchange, responseTrailer } = this;
    const isRead = exchange.method === "GET" || exchange.method === "HEAD";
    let { fields } = this.responseHeader;
    if (compressed || responseTrailer.fields !== noTrailer || isRead) {
      fields = { ...fields };
      for (const [key, value] of Object.entries(responseTrailer.fields)) fields[`trailer-${key}`] = value;
      if (compressed) fields["content-encoding"] = this.responseEncoding?.name;
      if (isRead) this.#setReadHeaders(fields);
    }
    if (exchange.method === "HEAD") exchange.headAlone(status, { ...fields, "content-length": String(bytes.length) });
    else exchange.reply(status, fields, bytes);
  }

  /** How long a reply may be kept is the method's to say; what was made for one caller is nobody else's. */
  #setReadHeaders(fields: Fields): void {
    const { vary = [], ...others } = this.#readHeaders ?? {};
    for (const [name, value] of Object.entries(others)) fields[name] ??= value;
    fields.vary = [vary, fields.vary ?? [], "accept-encoding"].flat().join(", ");
    if (this.header("authorization") !== undefined) fields["cache-control"] ??= "no-store";
  }
}
