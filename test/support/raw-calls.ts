import { once } from "node:events";
import * as http from "node:http";
import type * as http2 from "node:http2";
import { create, type DescMethod, type Message, toBinary, toJsonString } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import { openHttp2 } from "./open-http2.ts";

/** https://connectrpc.com/docs/protocol#error-end-stream */
const endStreamFlag = 0x02;

/** The ways to put a call on the wire. */
export type Wire = "gRPC" | "gRPC-Web" | "Connect" | "Connect GET";
/** The HTTP versions. */
export type HttpVersion = "1.1" | "2";

/** How a call ended: a code's number, 0 for OK; or the HTTP status of a request that never became one. */
export interface Outcome {
  readonly code?: number | undefined;
  readonly status: number;
}

/** Sends calls without a client that would mend, add or refuse a header. Connections are kept. */
export interface RawCaller extends AsyncDisposable {
  /**
   * Calls with one message, an empty one by default, and one `authorization` header for each value. With "none" the body
   * never comes, nor does its end.
   */
  call(wire: Wire, method: DescMethod, authorization: readonly string[], message?: Message | "none"): Promise<Outcome>;
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  readonly trailers: Readonly<Record<string, unknown>>;
}

/** The ways a method can be called. */
export function wiresOf(method: DescMethod): Wire[] {
  const wires: Wire[] = ["gRPC", "gRPC-Web", "Connect"];
  if (method.idempotency === Idempotency.NO_SIDE_EFFECTS && method.methodKind === "unary") wires.push("Connect GET");
  return wires;
}

/** Creates a caller over one HTTP version. */
export function createRawCaller(version: HttpVersion, port: number): RawCaller {
  return version === "2" ? createHttp2Caller(port) : createHttp1Caller(port);
}

function createHttp1Caller(port: number): RawCaller {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
  return {
    async call(wire, method, authorization, message) {
      const { verb, path, headers, body } = request(wire, method, message);
      const list = ["host", "localhost", ...headers, ...authorization.flatMap(value => ["authorization", value])];
      if (message === "none") list.push("transfer-encoding", "chunked");
      else if (body) list.push("content-length", String(body.length));
      const sent = http.request({ agent, host: "127.0.0.1", port, method: verb, path, headers: list });
      if (message === "none") sent.flushHeaders();
      else sent.end(body);
      const [reply] = (await once(sent, "response")) as [http.IncomingMessage];
      const bytes = Buffer.concat(await reply.toArray());
      // A server may cut off a request that is not ended.
      if (message === "none") sent.on("error", () => {}).destroy();
      const { statusCode: status = 0, headers: head, trailers } = reply;
      return outcomeOf(wire, method, { status, headers: head, body: bytes, trailers });
    },
    async [Symbol.asyncDispose]() {
      agent.destroy();
    },
  };
}

function createHttp2Caller(port: number): RawCaller {
  const session = openHttp2(`http://127.0.0.1:${port}`, {
    strictSingleValueFields: false,
  } as http2.ClientSessionOptions);
  session.on("error", () => {});
  return {
    async call(wire, method, authorization, message) {
      const { verb, path, headers, body } = request(wire, method, message);
      const pseudo = [":method", verb, ":path", path, ":scheme", "http", ":authority", "localhost"];
      const fields = [...pseudo, ...headers, ...authorization.flatMap(v => ["authorization", v])];
      const stream = session.request(fields, { endStream: false });
      let trailers = {};
      stream.on("trailers", fields => {
        trailers = fields;
      });
      if (message !== "none") stream.end(body);
      const [head] = (await once(stream, "response")) as [http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader];
      const bytes = Buffer.concat(await stream.toArray());
      return outcomeOf(wire, method, { status: head[":status"] ?? 0, headers: head, body: bytes, trailers });
    },
    async [Symbol.asyncDispose]() {
      session.destroy();
    },
  };
}

function request(wire: Wire, { parent, name, methodKind, input }: DescMethod, given?: Message | "none") {
  const message = typeof given === "object" ? given : create(input);
  const path = `/${parent.typeName}/${name}`;
  if (wire === "Connect GET") {
    const text = encodeURIComponent(toJsonString(input, message));
    return { verb: "GET", path: `${path}?connect=v1&encoding=json&message=${text}`, headers: [], body: undefined };
  }
  const bytes = toBinary(input, message);
  const envelope = Buffer.concat([Buffer.alloc(5), bytes]);
  envelope.writeUInt32BE(bytes.length, 1);
  if (wire === "gRPC") return post(path, "application/grpc", envelope, ["te", "trailers"]);
  if (wire === "gRPC-Web") return post(path, "application/grpc-web+proto", envelope);
  return methodKind === "unary"
    ? post(path, "application/json", Buffer.from(toJsonString(input, message)))
    : post(path, "application/connect+proto", envelope);
}

function post(path: string, type: string, body: Buffer, headers: readonly string[] = []) {
  return { verb: "POST", path, headers: ["content-type", type, ...headers], body };
}

function outcomeOf(wire: Wire, { methodKind }: DescMethod, { status, headers, body, trailers }: Reply): Outcome {
  if (wire === "gRPC") return { status, code: numberOf(trailers["grpc-status"] ?? headers["grpc-status"]) };
  if (wire === "gRPC-Web") {
    const last =
      envelopes(body)
        .findLast(({ flags }) => flags & 0x80)
        ?.data.toString() ?? "";
    return { status, code: numberOf(headers["grpc-status"] ?? /grpc-status: *(\d+)/i.exec(last)?.[1]) };
  }
  if (methodKind === "unary") {
    if (status === 200) return { status, code: 0 };
    return { status, code: codeOf(body.toString()) };
  }
  const end = envelopes(body).find(({ flags }) => flags & endStreamFlag);
  if (!end) return { status };
  const { error } = JSON.parse(end.data.toString()) as { error?: { code: string } };
  return { status, code: error ? codeFromString(error.code) : 0 };
}

function numberOf(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function codeOf(json: string): number | undefined {
  try {
    return codeFromString((JSON.parse(json) as { code?: string }).code ?? "");
  } catch {
    return undefined;
  }
}

function envelopes(body: Buffer): { readonly flags: number; readonly data: Buffer }[] {
  const found: { flags: number; data: Buffer }[] = [];
  for (let at = 0; at + 5 <= body.length; ) {
    const end = at + 5 + body.readUInt32BE(at + 1);
    found.push({ flags: body.readUInt8(at), data: body.subarray(at + 5, end) });
    at = end;
  }
  return found;
}
