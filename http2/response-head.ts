import { type Malformed, type MessageFields, readFields } from "./message-fields.ts";

/** The head of a well-formed response, final or not. Responses of the same bytes may share one: it must not be changed. */
export interface ResponseHead extends MessageFields {
  /** 100 to 999; from 100 to 199 another head follows (RFC 9113 section 8.1). */
  readonly status: number;
  /** All fields as they came, `:status` included. */
  readonly rawHeaders: readonly string[];
}

const validStatus = /^[1-9][0-9]{2}$/;

/**
 * Reads the head of a response (RFC 9113 sections 8.2 and 8.3.2): `:status` and fields; returns why it is malformed where
 * it is. 101 does not exist in HTTP/2 (section 8.6).
 */
export function parseResponseHead(rawHeaders: readonly string[]): ResponseHead | Malformed {
  if (rawHeaders[0] !== ":status") return ":status is missing";
  const status = rawHeaders[1] as string;
  if (!validStatus.test(status) || status === "101") return `":status" is "${status}"`;
  const read = readFields(rawHeaders, 2);
  if (typeof read === "string") return read;
  return { status: Number(status), headers: read.headers, rawHeaders, contentLength: read.contentLength };
}
