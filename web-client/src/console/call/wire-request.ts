import { fromJson, type JsonObject, type JsonValue, toJson } from "@bufbuild/protobuf";
import { prefixBytes, writePrefix } from "../../../../protocol/envelope.ts";
import { encodeMessage } from "../form/message-codec.ts";
import type { Encoding, Headers, Sent } from "./call-record.ts";
import type { CallPlan } from "./plan.ts";
import { bindRest } from "./rest-request.ts";

/** A message of the request, in its JSON and as it is on the wire. */
export interface WireMessage extends Pick<Sent, "bytes" | "payloadAt" | "encoding"> {
  readonly json: JsonValue;
}

/** A call as HTTP sends it. */
export interface WireRequest {
  readonly httpMethod: string;
  /** Path and query. */
  readonly target: string;
  /** Without authorization. */
  readonly headers: Headers;
  readonly messages: readonly WireMessage[];
  /** Whether there is a body, if only an empty one. */
  readonly hasBody: boolean;
}

/** What is sent for a call. Throws where a message is none of its type; the text names the field. */
export function wireRequest(plan: CallPlan): WireRequest {
  const { method, protocol, headers } = plan;
  const timeout = timeoutHeader(plan);
  const base = { httpMethod: "POST", target: `/${method.path}`, hasBody: true };
  if (protocol === "rest") return restRequest(plan, [...headers, ...timeout]);
  const contentType = contentTypes[protocol][method.kind === "unary" ? "unary" : "stream"];
  const encoding: Encoding = protocol === "connect-json" ? "json" : "proto";
  const framed = isFramed(plan);
  return {
    ...base,
    headers: [["content-type", contentType], ...protocolHeaders[protocol], ...timeout, ...headers],
    messages: plan.messages.map(json => wireMessage(plan, json, encoding, framed)),
  };
}

/** One message as a call of `plan` sends it. Throws as {@link wireRequest} does. */
export function wireMessage(plan: CallPlan, json: JsonValue, encoding: Encoding, framed: boolean): WireMessage {
  const payload = encodeMessage(plan.method.desc.input, json, encoding, plan.registry);
  return { json, encoding, bytes: framed ? framedBytes(payload) : payload, payloadAt: framed ? prefixBytes : 0 };
}

/** Whether messages have envelopes: everywhere but in unary calls of Connect, and in plain HTTP. */
export function isFramed({ method, protocol }: Pick<CallPlan, "method" | "protocol">): boolean {
  return protocol !== "rest" && (protocol === "grpc" || protocol === "grpc-web" || method.kind !== "unary");
}

/** The bodies of messages, one behind the other. */
export function joinBodies(messages: readonly WireMessage[]): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(messages.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of messages) {
    body.set(bytes, at);
    at += bytes.length;
  }
  return body;
}

const contentTypes = {
  "connect-json": { unary: "application/json", stream: "application/connect+json" },
  "connect-proto": { unary: "application/proto", stream: "application/connect+proto" },
  "grpc-web": { unary: "application/grpc-web+proto", stream: "application/grpc-web+proto" },
  grpc: { unary: "application/grpc+proto", stream: "application/grpc+proto" },
} as const;

const protocolHeaders: Readonly<Record<keyof typeof contentTypes, Headers>> = {
  "connect-json": [["connect-protocol-version", "1"]],
  "connect-proto": [["connect-protocol-version", "1"]],
  "grpc-web": [["x-grpc-web", "1"]],
  grpc: [["te", "trailers"]],
};

function timeoutHeader({ protocol, deadlineMs }: CallPlan): Headers {
  if (deadlineMs === undefined) return [];
  // A timeout of gRPC has eight digits at most.
  const grpc = deadlineMs < 1e8 ? `${deadlineMs}m` : `${Math.ceil(deadlineMs / 1000)}S`;
  return protocol === "grpc" || protocol === "grpc-web"
    ? [["grpc-timeout", grpc]]
    : [["connect-timeout-ms", String(deadlineMs)]];
}

function framedBytes(payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(prefixBytes + payload.length);
  writePrefix(bytes, 0, 0, payload.length);
  bytes.set(payload, prefixBytes);
  return bytes;
}

/** One body for all but streams of requests, which are a line of JSON each. */
function restRequest({ method, messages, registry }: CallPlan, headers: Headers): WireRequest {
  const { input, methodKind } = method.desc;
  const canonical = messages.map(
    json => toJson(input, fromJson(input, json, { registry }), { registry }) as JsonObject,
  );
  const streams = methodKind === "client_streaming";
  const accept = methodKind === "server_streaming" ? "application/jsonl" : "application/json";
  const bound = bindRest(method.bindings, input, streams ? {} : (canonical[0] ?? {}));
  const bodies = streams ? canonical : bound.body === undefined ? [] : [bound.body];
  const contentType: Headers =
    bodies.length > 0 ? [["content-type", streams ? "application/jsonl" : "application/json"]] : [];
  return {
    httpMethod: bound.verb,
    target: bound.target,
    headers: [["accept", accept], ...contentType, ...headers],
    hasBody: bodies.length > 0,
    messages: canonical.map((json, i) => ({
      json,
      encoding: "json",
      payloadAt: 0,
      bytes: new TextEncoder().encode(i in bodies ? `${JSON.stringify(bodies[i])}${streams ? "\n" : ""}` : ""),
    })),
  };
}
