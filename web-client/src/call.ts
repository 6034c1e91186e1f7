import type { CallOptions } from "@connectrpc/connect";
import { conciergeError } from "../../client/web.ts";
import { adviceFor } from "./advice.ts";

/** What a call has come to so far. Times are milliseconds since its start. */
export interface CallProgress {
  elapsedMs: number;
  /** Replies that have arrived. */
  replies: number;
  /** When the first reply arrived; absent before that. */
  firstReplyMs: number | undefined;
}

/** How a call ended: `ok`, or a status code's wire name such as `deadline_exceeded` with the server's or client's words. */
export interface CallResult extends CallProgress {
  code: string;
  message: string;
  /** What may help, where the server refused the call; else empty. */
  advice: string;
}

/** What {@link runCall} needs to know. */
export interface CallPlan<Reply> {
  /** Starts the call; a unary one is a stream of one reply. */
  open: (options: CallOptions) => AsyncIterable<Reply>;
  /** Aborting it ends the call with `canceled`. */
  signal: AbortSignal;
  /** Milliseconds until the call ends with `deadline_exceeded`; none when absent. */
  timeoutMs: number | undefined;
  /** Told of each reply as it arrives. */
  onReply: (reply: Reply, progress: CallProgress) => void;
  /** Milliseconds on a clock that never goes back. Default: `performance.now`. */
  now?: () => number;
}

/** Runs one call to its end. Never throws for a failed call: the failure is in the result. */
export async function runCall<Reply>(plan: CallPlan<Reply>): Promise<CallResult> {
  const { open, signal, timeoutMs, onReply, now = () => performance.now() } = plan;
  const start = now();
  let replies = 0;
  let firstReplyMs: number | undefined;
  const progress = (): CallProgress => ({ elapsedMs: now() - start, replies, firstReplyMs });
  try {
    for await (const reply of open({ signal, timeoutMs })) {
      replies++;
      firstReplyMs ??= now() - start;
      onReply(reply, progress());
    }
    return { ...progress(), code: "ok", message: "", advice: "" };
  } catch (reason) {
    const error = conciergeError(reason);
    return { ...progress(), code: error.codeName, message: error.message, advice: adviceFor(error) };
  }
}
