import { once } from "node:events";
import * as http from "node:http";
import type * as http2 from "node:http2";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { fromBinary, toJson } from "@bufbuild/protobuf";
import { HelloReplySchema } from "../../gen/greeter/greeter_pb.ts";
import type { GeneratedRequest } from "./generate-requests.ts";
import { replyOf } from "./raw-http2.ts";

/** What a client makes of a reply: equal where two replies mean the same, however their bytes are cut and compressed. */
export interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly trailers: Record<string, unknown>;
  readonly messages: unknown[];
}

/** Of the connection, not of the call. */
const ignored = ["date", "connection", "keep-alive", "transfer-encoding", "content-length", ":status"];

/** Sends a request as it is and reads the answer. */
export async function callRaw(
  url: string,
  session: http2.ClientHttp2Session,
  agent: http.Agent,
  request: GeneratedRequest,
): Promise<Answer> {
  const { status, headers, trailers, body } = request.http1
    ? await http1(url, agent, request)
    : await http2Call(session, request);
  const type = String(headers["content-type"] ?? "");
  const decoded = decode(type, headers, body);
  return {
    status,
    headers: clean(headers),
    trailers: { ...clean(trailers), ...decoded.trailers },
    messages: decoded.messages,
  };
}

async function http1(url: string, agent: http.Agent, { path, method, headers, body }: GeneratedRequest) {
  const request = http.request(url + path, { method, headers: { ...headers, te: "trailers" }, agent });
  request.end(body);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const chunks: Buffer[] = await response.toArray();
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    trailers: response.trailers,
    body: Buffer.concat(chunks),
  };
}

async function http2Call(session: http2.ClientHttp2Session, { path, method, headers, body }: GeneratedRequest) {
  const stream = session.request({ ":method": method, ":path": path, ...headers }, { endStream: false });
  stream.on("error", () => {});
  stream.end(body);
  const reply = await replyOf(stream);
  return { ...reply, status: Number(reply.headers[":status"]) };
}

function clean(fields: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.entries(fields).filter(([name]) => !ignored.includes(name));
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}

type Fields = Record<string, string | string[] | undefined>;

function decode(
  type: string,
  headers: Fields,
  body: Buffer,
): { messages: unknown[]; trailers: Record<string, unknown> } {
  if (type.includes("grpc") || type.includes("connect+")) return decodeEnvelopes(type, headers, body);
  const plain = decompress(headers["content-encoding"], body);
  if (type === "application/proto")
    return { messages: [toJson(HelloReplySchema, fromBinary(HelloReplySchema, plain))], trailers: {} };
  if (type === "application/json") return { messages: [JSON.parse(plain.toString())], trailers: {} };
  return { messages: [], trailers: {} };
}

function decodeEnvelopes(type: string, headers: Fields, body: Buffer) {
  const encoding = headers["grpc-encoding"] ?? headers["connect-content-encoding"];
  const messages: unknown[] = [];
  let trailers: Record<string, unknown> = {};
  for (let at = 0; at < body.length; ) {
    const flags = body[at] ?? 0;
    const length = body.readUInt32BE(at + 1);
    const data = body.subarray(at + 5, at + 5 + length);
    const plain = flags & 1 ? decompress(encoding, data) : data;
    if (flags & 0x80)
      trailers = Object.fromEntries(
        plain
          .toString("latin1")
          .split("\r\n")
          .filter(Boolean)
          .sort()
          .map(line => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]),
      );
    else if (flags & 2) trailers = { end: JSON.parse(plain.toString()) };
    else
      messages.push(
        type.includes("json")
          ? JSON.parse(plain.toString())
          : toJson(HelloReplySchema, fromBinary(HelloReplySchema, plain)),
      );
    at += 5 + length;
  }
  return { messages, trailers };
}

function decompress(encoding: string | string[] | undefined, bytes: Buffer): Buffer {
  if (encoding === "gzip") return gunzipSync(bytes);
  return encoding === "br" ? brotliDecompressSync(bytes) : bytes;
}
