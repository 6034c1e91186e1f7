import type { JsonValue, Registry } from "@bufbuild/protobuf";
import type { Method } from "../schema/schema.ts";
import type { Headers, Protocol } from "./call-record.ts";

/** A call that is to be made. */
export interface CallPlan {
  readonly method: Method;
  readonly protocol: Protocol;
  /** The request's messages in Protobuf JSON: one, or those of a stream. */
  readonly messages: readonly JsonValue[];
  /** Further headers, names in lower case. */
  readonly headers: Headers;
  /** An access token; empty for none. */
  readonly token: string;
  /** Milliseconds; undefined for none. */
  readonly deadlineMs: number | undefined;
  readonly registry: Registry;
  /** Scheme, host and port of the server. */
  readonly origin: string;
}

/** Whether a call goes through the server's relay: no browser speaks gRPC, and none sends while it receives. */
export function isRelayed({ method, protocol }: Pick<CallPlan, "method" | "protocol">): boolean {
  return protocol === "grpc" || method.kind === "bidi_streaming";
}

/** What was typed as headers or as a deadline, or what is wrong with it. */
export type Reading<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: string };

/** RFC 9110 section 5.6.2, a token. */
const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Reads a `name: value` a line; empty lines are none. */
export function readHeaders(text: string): Reading<Headers> {
  const headers: (readonly [string, string])[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
    if (!headerName.test(name)) return { ok: false, problem: `Line ${i + 1} is no header: write name: value` };
    const value = line.slice(colon + 1).trim();
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
      return { ok: false, problem: `${name} has a character no header may hold` };
    headers.push([name, value]);
  }
  return { ok: true, value: headers };
}

/** Reads a deadline in whole milliseconds from 1 to ten digits, as Connect's header takes it. Empty means none. */
export function readDeadline(text: string): Reading<number | undefined> {
  const trimmed = text.trim();
  if (trimmed === "") return { ok: true, value: undefined };
  if (/^[1-9]\d{0,9}$/.test(trimmed)) return { ok: true, value: Number(trimmed) };
  return { ok: false, problem: "The deadline must be whole milliseconds from 1 to 9,999,999,999" };
}
