import type { Code } from "@connectrpc/connect";
import type { ProtocolName } from "../../protocol/wire-format.ts";

/** The code of a call that went well: `Code` has none for it. */
export const ok = 0;

/**
 * Counts the calls of one method, whatever their protocol. It is found once, when the method is mounted; what is called here
 * is called for each call and each message, so it makes nothing and looks nothing up.
 */
export interface CallMeter {
  /** A call's headers came. Each call that began ends once. */
  began(): void;
  /** A message of a request was read. */
  received(): void;
  /** A message of a reply was written. */
  sent(): void;
  /** A stream's first message was written, so many milliseconds after the call's headers came. */
  answered(ms: number): void;
  /** A call is over. `traceparent` names it in traces, as W3C's header does; undefined where nobody traces it. */
  ended(protocol: ProtocolName, code: Code | typeof ok, ms: number, traceparent: string | undefined): void;
}
