import { type CallRecord, type Protocol, protocolNames } from "../call/call-record.ts";

/** A call that can be made again: what a person typed, without a token. */
export interface KeptCall {
  /** As `Method.path`. */
  readonly method: string;
  readonly protocol: Protocol;
  /** In Protobuf JSON, as they were typed or sent; one at least. */
  readonly messages: readonly string[];
  /** Milliseconds; empty for none. */
  readonly deadline: string;
}

/** A call that was made, and how it ended. Headers are kept but for those that say who calls. */
export interface HistoryEntry extends KeptCall {
  /** Milliseconds since 1970; no two entries have the same. */
  readonly at: number;
  /** A `name: value` a line. */
  readonly headers: string;
  readonly code: string;
  readonly ms: number;
  readonly received: number;
}

/** Say who calls, by names that are in use for it. */
const secret = /^(authorization|cookie|proxy-authorization)$|token|secret|api-?key|password|credential|session/i;

/** Set by the protocol for each call anew. */
const ofProtocol = /^(content-type|accept|te|x-grpc-web|connect-protocol-version|connect-timeout-ms|grpc-timeout)$/;

/** What of messages is kept: a history of large ones would fill a disk. */
const maxMessages = 50;
const maxCharacters = 64 * 1024;
const maxCode = 40;

/** What the history keeps of a call that is over; undefined where its messages are too large to keep. */
export function toEntry(record: CallRecord): HistoryEntry | undefined {
  const messages = record.requests.slice(0, maxMessages).map(json => JSON.stringify(json, undefined, 2));
  const length = messages.reduce((sum, text) => sum + text.length, 0);
  if (length > maxCharacters || record.end === undefined) return undefined;
  const headers = record.requestHeaders.filter(([name]) => !secret.test(name) && !ofProtocol.test(name));
  return {
    at: record.startedAt,
    method: record.method,
    protocol: record.protocol,
    messages: messages.length > 0 ? messages : ["{}"],
    deadline: record.deadlineMs === undefined ? "" : String(record.deadlineMs),
    headers: headers.map(([name, value]) => `${name}: ${value}`).join("\n"),
    // A stranger's server may call it what it likes.
    code: record.end.code.slice(0, maxCode),
    ms: record.end.atMs,
    received: record.receivedCount,
  };
}

/** Reads a kept call from a value that somebody else made. Throws where it is none; the text says what is wrong. */
export function readKeptCall(value: unknown): KeptCall {
  const { method, protocol, messages, deadline = "" } = (value ?? {}) as Partial<Record<keyof KeptCall, unknown>>;
  if (typeof method !== "string" || !/^[\w.]{1,400}\/\w{1,100}$/.test(method)) throw new Error("it names no method");
  if (typeof protocol !== "string" || !Object.hasOwn(protocolNames, protocol)) throw new Error("it names no protocol");
  if (!Array.isArray(messages) || messages.length === 0 || messages.length > maxMessages) {
    throw new Error(`it has no messages, or more than ${maxMessages}`);
  }
  if (!messages.every(text => typeof text === "string")) throw new Error("its messages are no texts");
  if (typeof deadline !== "string" || !/^\d{0,10}$/.test(deadline)) throw new Error("its deadline is no number");
  return { method, protocol: protocol as Protocol, messages, deadline };
}
