import type { CallProgress, CallResult } from "./call.ts";
import { find } from "./dom.ts";
import { showStatus } from "./status.ts";

/** Shows how the current call is doing: its status in words, and its figures. */
export interface CallMeter {
  /** Starts the clock for a call with this title, and scrolls to it where it is out of view. */
  start: (title: string) => void;
  /** Shows a call's figures while it runs. */
  progress: (progress: CallProgress) => void;
  /** Stops the clock and shows how the call ended. */
  finish: (title: string, result: CallResult) => void;
}

/** Pause between two updates of the running clock: often enough to look alive. */
const TICK_MS = 100;

/** Binds `#status`, `#elapsed`, `#reply-count` and `#first-reply`. */
export function bindCallMeter(root: ParentNode): CallMeter {
  const status = find(root, "#status", HTMLElement);
  const elapsed = find(root, "#elapsed", HTMLElement);
  const count = find(root, "#reply-count", HTMLElement);
  const first = find(root, "#first-reply", HTMLElement);
  let ticking: ReturnType<typeof setInterval> | undefined;

  const progress = ({ elapsedMs, replies, firstReplyMs }: CallProgress) => {
    elapsed.textContent = milliseconds(elapsedMs);
    count.textContent = String(replies);
    first.textContent = firstReplyMs === undefined ? "–" : milliseconds(firstReplyMs);
  };
  return {
    start(title) {
      showStatus(status, { state: "running", code: "calling", words: title });
      status.scrollIntoView({ block: "nearest" });
      progress({ elapsedMs: 0, replies: 0, firstReplyMs: undefined });
      const begun = performance.now();
      ticking = setInterval(() => {
        elapsed.textContent = milliseconds(performance.now() - begun);
      }, TICK_MS);
    },
    progress,
    finish(title, result) {
      clearInterval(ticking);
      progress(result);
      const { code, message, advice } = result;
      if (code === "ok") showStatus(status, { state: "ok", code, words: title });
      else showStatus(status, { state: "failed", code, words: message, advice });
    },
  };
}

/** `3.4 ms` below ten, where the fraction still tells something, else `1,204 ms`. */
function milliseconds(value: number): string {
  return `${value.toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 1 : 0 })} ms`;
}
