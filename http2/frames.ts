/** Frame types, RFC 9113 section 6. Others are ignored (section 4.1). */
export const FrameType = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Frame flags, RFC 9113 section 6. `ack` is END_STREAM's bit on SETTINGS and PING. */
export const Flag = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

/** Error codes, RFC 9113 section 7. */
export const ErrorCode = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  connectError: 10,
  enhanceYourCalm: 11,
  inadequateSecurity: 12,
  http11Required: 13,
} as const;

const errorNames = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
] as const;

/** The RFC's name of an error code; an unknown code by its number. */
export function errorName(code: number): string {
  return errorNames[code] ?? `error ${code}`;
}

/** What a client sends first, RFC 9113 section 3.4. */
export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** Bytes of a frame's head, RFC 9113 section 4.1. */
export const frameHeadBytes = 9;

/** The longest payload that is sent or taken: the least an endpoint must take, RFC 9113 section 4.2. */
export const maxFrameBytes = 16_384;

/** The largest window, and the largest stream id: RFC 9113 sections 6.9.1 and 5.1.1. */
export const maxInt31 = 0x7fff_ffff;

/** A window before any setting, RFC 9113 section 6.9.2. */
export const defaultWindow = 65_535;

/** Ends the connection with GOAWAY, RFC 9113 section 5.4.1. The message names the broken rule and is sent as its text. */
export class ConnectionError extends Error {
  /** One of `ErrorCode`. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = "ConnectionError";
    this.code = code;
  }
}
