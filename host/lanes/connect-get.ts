import { base64Decode } from "@bufbuild/protobuf/wire";
import { Code, ConnectError } from "@connectrpc/connect";
import { connectUnaryFormats, type WireFormat } from "../../protocol/wire-format.ts";
import { ConnectUnaryCall } from "./connect-unary-call.ts";
import { PlainBody, type RequestBody } from "./request-body.ts";

/** A parameter of a URL's query as bytes, which `URLSearchParams` would take for UTF-8; undefined where there is none. */
function bytesOf(path: string, name: string): Uint8Array | undefined {
  const start = path.indexOf("?");
  for (const parameter of start < 0 ? [] : path.slice(start + 1).split("&")) {
    const end = parameter.includes("=") ? parameter.indexOf("=") : parameter.length;
    if (decodeForm(parameter.slice(0, end)).toString() === name) return decodeForm(parameter.slice(end + 1));
  }
  return undefined;
}

/** Undoes the encoding of forms, https://url.spec.whatwg.org/#urlencoded-parsing. Node has each byte of a path as a character. */
function decodeForm(text: string): Buffer {
  const bytes = text.replace(/\+|%([0-9a-f]{2})/gi, (_plus, hex: string | undefined) => {
    return hex === undefined ? " " : String.fromCharCode(Number.parseInt(hex, 16));
  });
  return Buffer.from(bytes, "latin1");
}

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
    this.answer(body);
    // A body has no meaning here (RFC 9110 section 9.3.1), but must not stay on the connection.
    this.exchange.read();
  }

  override received(): void {}

  override receivedAll(): void {}

  protected override createBody(): RequestBody {
    return new PlainBody(this.readOptions(false), undefined);
  }

  #message(): Uint8Array {
    const { path } = this.exchange;
    const bytes = bytesOf(path, "message") ?? new Uint8Array(0);
    if (parseGet(path).query.get("base64") !== "1") return bytes;
    try {
      return base64Decode(Buffer.from(bytes).toString("latin1"));
    } catch (cause) {
      throw new ConnectError("the message is not valid base64", Code.InvalidArgument, undefined, undefined, cause);
    }
  }
}
