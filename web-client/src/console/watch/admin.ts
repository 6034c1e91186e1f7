import type { JsonValue } from "@bufbuild/protobuf";
import { token } from "../state.ts";

/** A call that runs on the server. */
export interface RunningCall {
  /** Names it to {@link cancelCall}. */
  readonly id: string;
  readonly method: string;
  readonly protocol: string;
  readonly peer: string;
  readonly caller: string;
  readonly requestId: string;
  readonly ageSeconds: number;
  readonly received: number;
  readonly sent: number;
  /** `client`, `handler`, or empty where that is not known. */
  readonly waitsFor: string;
}

/** A connection that is open on the server. */
export interface OpenConnection {
  readonly peer: string;
  /** `HTTP/1.1`, `HTTP/2`, or empty before that is known. */
  readonly version: string;
  readonly isTls: boolean;
  readonly openStreams: number;
  readonly ageSeconds: number;
  /** Undefined while it has a request. */
  readonly idleSeconds: number | undefined;
}

/** Some of them, the oldest first, and how many there are. */
export interface Listed<Item> {
  readonly items: readonly Item[];
  readonly total: number;
}

const service = "concierge.admin.v1.AdminService";

/** Rows that a table is read with. */
const limit = 100;

type Fields = Readonly<Record<string, JsonValue | undefined>>;

/** The server has no administrator's service, or cannot tell of its calls. */
export class NoAdminError extends Error {
  override readonly name = "NoAdminError";
}

/**
 * The calls that run. Rejects with `NoAdminError` where the server does not tell, and otherwise where the caller may not know, or
 * nothing answers.
 */
export async function listCalls(signal: AbortSignal): Promise<Listed<RunningCall>> {
  return listed(await ask("ListCalls", { limit }, signal), "calls", toCall);
}

/** The connections that are open. Rejects as {@link listCalls} does. */
export async function listConnections(signal: AbortSignal): Promise<Listed<OpenConnection>> {
  return listed(await ask("ListConnections", { limit }, signal), "connections", toConnection);
}

/** Ends a call. Rejects as {@link listCalls} does, and where the call is over. */
export async function cancelCall(id: string): Promise<void> {
  await ask("CancelCall", { id });
}

/** https://connectrpc.com/docs/protocol#unary-request, in JSON. */
async function ask(method: string, message: JsonValue, signal?: AbortSignal): Promise<Fields> {
  const response = await fetch(`/${service}/${method}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token.value !== "" && { authorization: `Bearer ${token.value}` }),
    },
    body: JSON.stringify(message),
    ...(signal && { signal }),
  });
  if (response.status === 404 || response.status === 501) throw new NoAdminError(`${method} is not served`);
  const reply = (await response.json()) as Fields;
  if (response.ok) return reply;
  throw new Error(textOf(reply.message) || textOf(reply.code) || `HTTP ${response.status}`);
}

function listed<Item>(reply: Fields, name: string, read: (fields: Fields) => Item): Listed<Item> {
  const list = Array.isArray(reply[name]) ? reply[name] : [];
  return { items: list.map(each => read((each ?? {}) as Fields)), total: numberOf(reply.total) };
}

/** What is left out has its default: Protobuf's JSON. */
export function toCall(fields: Fields): RunningCall {
  return {
    id: textOf(fields.id),
    method: textOf(fields.method),
    protocol: textOf(fields.protocol),
    peer: textOf(fields.peer),
    caller: textOf(fields.caller),
    requestId: textOf(fields.requestId),
    ageSeconds: secondsOf(fields.age) ?? 0,
    received: numberOf(fields.messagesReceived),
    sent: numberOf(fields.messagesSent),
    waitsFor: textOf(fields.waitsFor)
      .replace(/^PARTY_(UNSPECIFIED)?/, "")
      .toLowerCase(),
  };
}

/** As {@link toCall}. */
export function toConnection(fields: Fields): OpenConnection {
  return {
    peer: textOf(fields.peer),
    version: { HTTP_VERSION_1_1: "HTTP/1.1", HTTP_VERSION_2: "HTTP/2" }[textOf(fields.httpVersion)] ?? "",
    isTls: fields.tls === true,
    openStreams: numberOf(fields.openStreams),
    ageSeconds: secondsOf(fields.age) ?? 0,
    idleSeconds: secondsOf(fields.idle),
  };
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

/** 64-bit numbers are texts. */
function numberOf(value: JsonValue | undefined): number {
  return Number(value ?? 0);
}

/** `1.500s`. */
function secondsOf(value: JsonValue | undefined): number | undefined {
  const text = textOf(value);
  return text.endsWith("s") ? Number(text.slice(0, -1)) : undefined;
}
