import { fromBinary, type JsonValue, toJson } from "@bufbuild/protobuf";
import { EnvelopeReader, endStreamFlag, trailerFlag } from "../../../../protocol/envelope.ts";
import { splitWords } from "../../shell-words.ts";
import type { Headers, Protocol } from "../call/call-record.ts";
import type { Method, Schema } from "../schema/schema.ts";
import { printfOutput } from "./printf-output.ts";
import { findRestCall } from "./rest-call.ts";
import { type CommandWords, readCurl, readGrpcurl } from "./tool-options.ts";

/** A call that a command line makes. */
export interface ParsedCall {
  readonly method: Method;
  readonly protocol: Protocol;
  /** In Protobuf JSON, indented; one at least. */
  readonly messages: readonly string[];
  /** Without authorization, and without what the protocol sets by itself. */
  readonly headers: Headers;
  /** Of a bearer token; empty where there is none, or where a shell's variable stands for it. */
  readonly token: string;
  /** Milliseconds. */
  readonly deadlineMs: number | undefined;
}

/** Headers that a protocol sets by itself, and those that say how a body is sent. */
const ofProtocol =
  /^(content-type|content-length|connect-protocol-version|connect-timeout-ms|grpc-timeout|grpc-(accept-)?encoding|te|x-grpc-web|accept|accept-encoding|host|user-agent|authorization)$/;

/** A body is a page's to hold. */
const maxBytes = 4 * 1024 * 1024;

/**
 * Reads a line of curl or grpcurl, with a printf before it or without. Throws where it is none, and where it calls no method of
 * the schema; the text says what is wrong, for people.
 */
export function parseCommand(line: string, schema: Schema): ParsedCall {
  const words = splitWords(line.trim().replace(/^\$ /, ""));
  const at = words.findIndex(word => /(^|\/)(curl|grpcurl)$/.test(word));
  if (at === -1) throw new Error("This is no line of curl or grpcurl");
  const before = words.slice(0, at);
  const piped = before[0] === "printf" ? printfOutput(before.slice(1, before.indexOf("|"))) : undefined;
  const isGrpcurl = words[at]?.endsWith("grpcurl");
  const command = (isGrpcurl ? readGrpcurl : readCurl)(words.slice(at + 1));
  const rest = isGrpcurl ? undefined : readRest(command, schema);
  if (rest) return rest;
  const path = isGrpcurl ? methodPath(command.target) : pathOf(command.target);
  const method = schema.methods.get(path);
  if (!method) throw new Error(`The server has no method ${path}`);
  const protocol = isGrpcurl ? "grpc" : protocolOf(header(command, "content-type"));
  const body = command.body === "@-" && piped ? piped : new TextEncoder().encode(command.body);
  if (body.length > maxBytes) throw new Error("The message is too large");
  const messages = isGrpcurl
    ? splitJson(command.body)
    : readBody(body, header(command, "content-type"), method, schema);
  return {
    method,
    protocol,
    messages: messages.length > 0 ? messages : ["{}"],
    ...common(command),
  };
}

/** A request of plain HTTP; undefined where it is one of another protocol. */
function readRest(command: CommandWords, schema: Schema): ParsedCall | undefined {
  const url = urlOf(command.target);
  if (schema.methods.has(url.pathname.slice(1))) return undefined;
  const verb = command.verb ?? (command.body === "" ? "GET" : "POST");
  const [body] = command.body === "" ? [] : splitJson(command.body);
  const found = findRestCall(verb, url, body === undefined ? undefined : (JSON.parse(body) as JsonValue), schema);
  return found && { ...common(command), method: found.method, protocol: "rest", messages: [indented(found.message)] };
}

/** What a line of any protocol says beside the message. */
function common(command: CommandWords): Pick<ParsedCall, "headers" | "token" | "deadlineMs"> {
  return {
    headers: command.headers.filter(([name]) => !ofProtocol.test(name)),
    token: tokenOf(header(command, "authorization")),
    deadlineMs: command.deadlineMs ?? deadlineOf(command),
  };
}

/** grpcurl takes `service/method` and `service.method`. */
function methodPath(target: string): string {
  return target.includes("/") ? target : target.replace(/\.([^.]*)$/, "/$1");
}

function pathOf(target: string): string {
  return urlOf(target).pathname.slice(1);
}

function urlOf(target: string): URL {
  const url = URL.parse(target.includes("://") ? target : `http://${target}`);
  if (!url) throw new Error(`${target} is no address`);
  return url;
}

function header({ headers }: CommandWords, name: string): string {
  return headers.find(([each]) => each === name)?.[1] ?? "";
}

function protocolOf(contentType: string): Protocol {
  if (contentType.startsWith("application/grpc-web")) return "grpc-web";
  if (contentType.startsWith("application/grpc")) return "grpc";
  return contentType.includes("proto") ? "connect-proto" : "connect-json";
}

function readBody(body: Uint8Array, contentType: string, method: Method, schema: Schema): string[] {
  const isBinary = /^application\/(grpc|proto|connect\+proto)/.test(contentType) && !contentType.endsWith("+json");
  const isFramed = /^application\/(grpc|connect\+)/.test(contentType);
  const payloads = isFramed ? unfold(body) : [body];
  return payloads.flatMap(payload => {
    if (!isBinary) return splitJson(new TextDecoder().decode(payload));
    const { input } = method.desc;
    const { registry } = schema;
    return [indented(toJson(input, fromBinary(input, payload), { registry }))];
  });
}

/** The messages in envelopes. */
function unfold(body: Uint8Array): Uint8Array[] {
  const reader = new EnvelopeReader(maxBytes);
  reader.push(body);
  const messages: Uint8Array[] = [];
  for (let next = reader.read(); next; next = reader.read()) {
    if ((next.flags & (endStreamFlag | trailerFlag)) === 0) messages.push(next.data);
  }
  if (reader.buffered > 0) throw new Error("The last envelope is cut off");
  return messages;
}

/** Values of JSON that follow one another, as grpcurl takes them, indented. Throws where one is none. */
export function splitJson(text: string): string[] {
  const values: string[] = [];
  let [depth, start, inString] = [0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (inString) {
      if (char === "\\") i++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{" || char === "[") depth++;
    else if ((char === "}" || char === "]") && --depth === 0) {
      values.push(indented(JSON.parse(text.slice(start, i + 1)) as JsonValue));
      start = i + 1;
    }
  }
  const rest = text.slice(start).trim();
  return rest === "" ? values : [...values, indented(JSON.parse(rest) as JsonValue)];
}

function indented(json: JsonValue): string {
  return JSON.stringify(json, undefined, 2);
}

function tokenOf(authorization: string): string {
  const token = /^bearer +(.+)$/i.exec(authorization)?.[1] ?? "";
  return token.startsWith("$") ? "" : token;
}

const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

function deadlineOf(command: CommandWords): number | undefined {
  const connect = header(command, "connect-timeout-ms");
  if (/^\d{1,10}$/.test(connect)) return Number(connect);
  const [, count, unit = ""] = /^(\d{1,8})([HMSmun])$/.exec(header(command, "grpc-timeout")) ?? [];
  return count === undefined ? undefined : Math.max(1, Math.round(Number(count) * (unitMs[unit] ?? 1)));
}
