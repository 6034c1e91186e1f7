import { STATUS_CODES } from "node:http";
import { dateText } from "../../protocol/date-text.ts";

/** The lines of frozen lists, which are sent again and again. */
const texts = new WeakMap<readonly string[], string>();

/**
 * The first lines of a response: status and fields, but for `date` and what says how the body is framed. `fields` begin
 * with `:status`, as in HTTP/2, and are checked by whoever made them; a frozen list is put together once.
 */
export function responseLines(fields: readonly string[]): string {
  let text = texts.get(fields);
  if (text === undefined) {
    text = `HTTP/1.1 ${fields[1]} ${STATUS_CODES[Number(fields[1])] ?? ""}\r\n${fieldLines(fields, 2)}`;
    if (Object.isFrozen(fields)) texts.set(fields, text);
  }
  return text;
}

/** A line for each field from `start` on. */
export function fieldLines(fields: readonly string[], start = 0): string {
  let text = "";
  for (let i = start; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`;
  return text;
}

/** The line of `date` (RFC 9110 section 6.6.1). */
export function dateLine(): string {
  return `date: ${dateText()}\r\n`;
}

/** The line of a response that is its connection's last (RFC 9112 section 9.6). */
export const closeLine = "connection: close\r\n";

/** The lines that say how long a connection stays open with no request on it, to be repeated on each response. */
export function keepAliveLines(idleTimeoutMs: number): string {
  return `connection: keep-alive\r\nkeep-alive: timeout=${Math.floor(idleTimeoutMs / 1000)}\r\n`;
}

/** Whether a response of this status has a body, be it empty (RFC 9110 section 6.4.1). */
export function mayHaveBody(status: string): boolean {
  return status !== "204" && status !== "304";
}

/** Bytes up to which a text that holds them is cheaper to write than two buffers. */
const maxTextBytes = 16_384;

/** A chunk of a body (RFC 9112 section 7.1) as the parts to be written, latin1 where they are texts. */
export function chunkParts(chunk: Uint8Array, last: boolean): (string | Uint8Array)[] {
  const end = last ? "0\r\n\r\n" : "";
  if (chunk.length === 0) return [end];
  return withBody(`${chunk.length.toString(16)}\r\n`, chunk, `\r\n${end}`);
}

/** Text, body and text as one text where that is cheaper. */
export function withBody(before: string, body: Uint8Array, after = ""): (string | Uint8Array)[] {
  if (body.length > maxTextBytes) return after === "" ? [before, body] : [before, body, after];
  return [before + Buffer.from(body.buffer, body.byteOffset, body.length).toString("latin1") + after];
}

/** What a client hears whose body did not arrive in time (RFC 9110 section 15.5.9). */
export const requestTimeout = "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
