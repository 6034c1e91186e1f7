import { brotliCompressSync, gzipSync } from "node:zlib";
import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import { HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { envelop } from "../../protocol/envelope.ts";

/** A request as raw as a client could send it. */
export interface GeneratedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
  /** HTTP/1.1 rather than HTTP/2. */
  readonly http1: boolean;
}

/** mulberry32: the same seed gives the same requests on every machine. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const kinds = ["SayHello", "SayHelloStream", "SayHelloToMany", "Chat"];
const names = ["", "Ada", "fail", "throw", "empty", "meta", "naïve ☕", "x".repeat(3000), "\u0000\n"];
const contentTypes = [
  "application/grpc",
  "application/grpc+proto",
  "application/grpc+json",
  "application/grpc-web",
  "application/grpc-web+proto",
  "application/grpc-web+json",
  "application/proto",
  "application/json",
  "application/connect+proto",
  "application/connect+json",
];
const oddContentTypes = [
  "application/JSON; charset=utf-8",
  "application/grpc-web-text",
  "text/plain",
  "application/grpcx",
];
const encodings = ["identity", "gzip", "br"];
const accepted = ["gzip", "br", "identity", "br,gzip", "deflate, gzip", "zstd", ""];
const timeouts = {
  grpc: ["10S", "100000m", "1H", "2H", "", "5", "1x", "123456789S", "-1S"],
  connect: ["10000", "3600000", "3600001", "", "abc", "12345678901", "-5"],
};
const metadata: [string, string][] = [
  ["x-ask", "plain"],
  ["x-ask", " spaced out "],
  ["x-data-bin", "AAEC/w"],
  ["authorization", "Bearer x"],
  ["cookie", "a=1; b=2"],
];

/** Draws one request, good or bad. */
export function generateRequest(random: () => number): GeneratedRequest {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const chance = (share: number) => random() < share;

  const contentType = chance(0.05) ? pick(oddContentTypes) : pick(contentTypes);
  const path = `/greeter.Greeter/${pick(kinds)}`;
  const isConnect = !contentType.includes("grpc");
  const enveloped = contentType.includes("grpc") || contentType.includes("connect+");
  const encoding = chance(0.6) ? "identity" : pick(encodings);
  const stated = chance(0.05) ? pick(["zstd", "GZIP", ""]) : encoding;
  const [encodingHeader, acceptHeader] = !enveloped
    ? ["content-encoding", "accept-encoding"]
    : isConnect
      ? ["connect-content-encoding", "connect-accept-encoding"]
      : ["grpc-encoding", "grpc-accept-encoding"];

  function message(): Buffer {
    const request = create(HelloRequestSchema, { name: pick(names), age: pick([0, 30, -1]) });
    const json = contentType.toLowerCase().includes("json");
    const bytes = Buffer.from(json ? toJsonString(HelloRequestSchema, request) : toBinary(HelloRequestSchema, request));
    if (!chance(0.08)) return bytes;
    return pick([Buffer.from(json ? "{" : ""), Buffer.from(json ? '{"age":"x"}' : ""), bytes, Buffer.from(" ")]);
  }
  function compress(bytes: Buffer): Buffer {
    if (encoding === "gzip") return gzipSync(bytes);
    return encoding === "br" ? brotliCompressSync(bytes) : bytes;
  }
  function body(): Buffer {
    if (!enveloped) return compress(message());
    const count = chance(0.8) ? 1 : pick([0, 2, 3]);
    const envelopes = Array.from({ length: count }, () => {
      const flags = encoding === "identity" ? 0 : 1;
      return chance(0.04) ? envelop(1 - flags, message()) : envelop(flags, compress(message()));
    });
    const whole = Buffer.concat(envelopes);
    return chance(0.05) && whole.length > 1 ? whole.subarray(0, whole.length - 1 - Math.floor(random() * 6)) : whole;
  }

  const headers: Record<string, string> = { "content-type": contentType };
  if (stated !== "identity" || chance(0.2)) headers[encodingHeader as string] = stated;
  if (chance(0.5)) headers[acceptHeader as string] = pick(accepted);
  if (chance(0.15))
    headers[isConnect ? "connect-timeout-ms" : "grpc-timeout"] = pick(timeouts[isConnect ? "connect" : "grpc"]);
  if (chance(0.3)) headers["connect-protocol-version"] = pick(["1", "2"]);
  for (let i = Math.floor(random() * 3); i > 0; i--) {
    const [name, value] = pick(metadata);
    headers[name] = value;
  }
  if (chance(0.03)) delete headers["content-type"];
  const method = chance(0.04) ? pick(["GET", "PUT", "DELETE"]) : "POST";
  const sent = method === "POST" ? body() : Buffer.alloc(0);
  const http1 = chance(0.4);
  // Blanks around a value are none of it over HTTP/1.1, and a fault over HTTP/2 (RFC 9113 section 8.2.1).
  if (!http1) for (const [name, value] of Object.entries(headers)) headers[name] = value.trim();
  return { method, path, headers, body: sent, http1 };
}
