import { base64Decode } from "@bufbuild/protobuf/wire";
import { Code, ConnectError } from "@connectrpc/connect";
import { connectUnaryFormats, type WireFormat } from "../../protocol/wire-format.ts";
import { ConnectUnaryCall } from "./connect-unary-call.ts";
import { PlainBody, type RequestBody } from "./request-body.ts";

/** https://connectrpc.com/docs/protocol#unary-get-request: the call is all in the query. */
export function parseGet(path: string): { readonly query: URLSearchParams; readonly format: WireFormat | undefined } {
  const start = path.indexOf("?");
  const query = new URLSearchParams(start < 0 ? "" : path.slice(start + 1));
  const encoding = query.get("encoding");
  const format = encoding === "proto" || encoding === "json" ? connectUnaryFormats[encoding] : undefined;
  return { query, format };
}

/** A Connect call by GET. */
export class ConnectGetCall extends ConnectUnaryCall {
  protected override receive(): void {
    const body = this.createBody();
    body.push(this.#message());
    void this.answer(body);
    // A body has no meaning here (RFC 9110 section 9.3.1), but must not stay on the connection.
    this.exchange.read();
  }

  override received(): void {}

  override receivedAll(): void {}

  protected override createBody(): RequestBody {
    return new PlainBody(this.readOptions(false), undefined);
  }

  #message(): Uint8Array {
    const { query } = parseGet(this.exchange.path);
    const text = query.get("message") ?? "";
    if (query.get("base64") !== "1") return Buffer.from(text);
    try {
      return base64Decode(text);
    } catch (cause) {
      throw new ConnectError("the message is not valid base64", Code.InvalidArgument, undefined, undefined, cause);
    }
  }
}
