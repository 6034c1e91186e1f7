/** As much of a message as is shown in full: more would stall the page, and nobody reads it. */
export const shownLength = 100_000;

/** Characters that turn the writing direction or hide: they could make a text look like another one. */
const deceptive = /(?![\t\n])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** A text of a stranger, with what could deceive written out: a mark that turns the direction is `\u202e`. */
export function safeText(text: string): string {
  return text.replace(deceptive, each => `\\u${each.codePointAt(0)?.toString(16).padStart(4, "0")}`);
}

/** Milliseconds, as precise as one can tell them: `0.4 ms`, `12 ms`, `3.2 s`. */
export function timeText(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return ms >= 100 ? `${Math.round(ms)} ms` : `${ms.toFixed(1)} ms`;
}

/** Bytes in the unit that has few digits. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
