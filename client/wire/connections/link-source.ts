import { unlessAborted } from "../../signals.ts";
import type { CallLink, Link } from "./link.ts";

/** Where calls get the connections from that they are sent on. */
export interface CallLinks {
  /** A link that a call can be sent on at once; undefined where there is none: see {@link ready}. */
  take(): CallLink | undefined;
  /**
   * Resolves with a link that a call can be sent on. Rejects with UNAVAILABLE where no connection can be had, with CANCELED
   * once all is closed, and as the signal says.
   */
  ready(signal: AbortSignal): Promise<CallLink>;
}

/** The connections to one server, or to many. */
export interface LinkSource extends CallLinks {
  take(): Link | undefined;
  ready(signal: AbortSignal): Promise<Link>;
  /** Ends all connections and the calls on them; calls that follow fail. */
  close(): void;
}

/**
 * Waits for a link, and has a call sent on it by `send`. Rejects as {@link CallLinks.ready} does, and with what `send` throws.
 */
export async function sendWhenReady(
  links: CallLinks,
  signal: AbortSignal,
  send: (link: CallLink) => void,
): Promise<void> {
  for (;;) {
    const link = await links.ready(signal);
    // Of all that have waited for the same link, the first ones may have filled it, and it would keep the rest in line.
    if (link.hasRoom) return send(link);
  }
}

/** Waits for a connection as {@link unlessAborted} does. The process runs on for who waits, not for the attempt. */
export async function awaited<T>(attempt: Promise<T>, signal: AbortSignal): Promise<T> {
  const waiting = setInterval(() => {}, 60_000);
  try {
    return await unlessAborted(attempt, signal);
  } finally {
    clearInterval(waiting);
  }
}
