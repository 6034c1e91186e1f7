/** Which trace a call belongs to, and by which of its spans: https://www.w3.org/TR/trace-context/#traceparent-header */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** 0 to 255; the lowest bit says that the trace is recorded. */
  readonly flags: number;
}

/** The header's name. */
export const traceparentHeader = "traceparent";

/** Later versions may say more after another dash; version ff is none. */
const form = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/;

/** Reads the header; undefined where it is missing or malformed, as if it had not been sent (section 3.2.2). */
export function parseTraceparent(text: string | null | undefined): TraceContext | undefined {
  if (!text || text.length > 512) return undefined;
  const [, version, traceId = "", spanId = "", flags = ""] = form.exec(text) ?? [];
  if (version === undefined || (version === "00" && text.length !== 55)) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

/** Writes the header, in version 00. */
export function formatTraceparent({ traceId, spanId, flags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, "0")}`;
}
