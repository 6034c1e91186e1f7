import { maxInt31 } from "./frames.ts";

/** How many bytes of DATA the peer takes, on a stream or on the connection: RFC 9113 section 6.9.1. */
export class SendWindow {
  /** Below zero after the peer has shrunk its INITIAL_WINDOW_SIZE (section 6.9.2). */
  available: number;

  constructor(initial: number) {
    this.available = initial;
  }

  /** Counts bytes that are sent. */
  take(bytes: number): void {
    this.available -= bytes;
  }

  /** Widens, or with a negative number narrows, the window. Returns false, and changes nothing, above 2³¹−1. */
  add(bytes: number): boolean {
    if (this.available + bytes > maxInt31) return false;
    this.available += bytes;
    return true;
  }
}
