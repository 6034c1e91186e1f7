import { base64Decode } from "@bufbuild/protobuf/wire";
import { Code, ConnectError } from "@connectrpc/connect";
import { connectUnaryFormats, type WireFormat } from "../../protocol/wire-format.ts";
import type { CallInit } from "./call-scope.ts";
import { ConnectUnaryCall } from "./connect-unary-call.ts";
import { PlainBody, type RequestBody } from "./request-body.ts";
import type { UnaryRpc } from "./rpc.ts";

/** What the query of a GET says of a call; https://connectrpc.com/docs/protocol#unary-get-request. */
export interface GetQuery {
  /** Undefined where the encoding is missing or unknown. */
  readonly format: WireFormat | undefined;
  /** The encoding of a compressed message. */
  readonly compression: string | undefined;
  readonly isBase64: boolean;
  /** As it was sent, with its percent-encoding. */
  readonly message: string;
}

const parameters = new Set(["encoding", "compression", "base64", "message"]);

/** Reads what the query of a path says. Of a parameter that is given twice the first counts. */
export function parseGet(path: string): GetQuery {
  const start = path.indexOf("?");
  const found = new Map<string, string>();
  for (const parameter of start < 0 ? [] : path.slice(start + 1).split("&")) {
    const equals = parameter.indexOf("=");
    const name = textOf(equals < 0 ? parameter : parameter.slice(0, equals));
    if (parameters.has(name) && !found.has(name)) found.set(name, equals < 0 ? "" : parameter.slice(equals + 1));
  }
  const read = (name: string) => {
    const value = found.get(name);
    return value && textOf(value);
  };
  const encoding = read("encoding");
  return {
    format: encoding === "proto" || encoding === "json" ? connectUnaryFormats[encoding] : undefined,
    compression: read("compression"),
    isBase64: read("base64") === "1",
    message: found.get("message") ?? "",
  };
}

/** A name or a value of a form as text, https://url.spec.whatwg.org/#urlencoded-parsing. Most need no look at each character. */
function textOf(part: string): string {
  return /[%+]/.test(part) ? (new URLSearchParams(`part=${part}`).get("part") ?? "") : part;
}

const percent = 0x25;
const plus = 0x2b;

/** A value of a form as bytes, which may be no UTF-8. Node has each byte of a path as a character. */
function bytesOf(part: string): Uint8Array {
  const bytes = Buffer.from(part, "latin1");
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    let byte = bytes[i] as number;
    if (byte === plus) byte = 0x20;
    else if (byte === percent) {
      const octet = (hexDigit(bytes[i + 1]) << 4) | hexDigit(bytes[i + 2]);
      // Without two digits behind it, it stands for itself.
      if (octet >= 0) {
        byte = octet;
        i += 2;
      }
    }
    bytes[length++] = byte;
  }
  return bytes.subarray(0, length);
}

/** What a digit stands for; -1 for what is none. */
function hexDigit(code = 0): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** A Connect call by GET. */
export class ConnectGetCall extends ConnectUnaryCall {
  readonly #query: GetQuery;

  constructor(init: CallInit<UnaryRpc>, query: GetQuery) {
    super({ ...init, statedEncoding: query.compression });
    this.#query = query;
  }

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
    const { message, isBase64 } = this.#query;
    const bytes = bytesOf(message);
    if (!isBase64) return bytes;
    try {
      return base64Decode(Buffer.from(bytes).toString("latin1"));
    } catch (cause) {
      throw new ConnectError("the message is not valid base64", Code.InvalidArgument, undefined, undefined, cause);
    }
  }
}
