import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** The lines of a stream, as they come, without their ends. Ends early, without an error, where the signal aborts. */
export async function* readLines(input: Readable, signal?: AbortSignal): AsyncGenerator<string, void, undefined> {
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY, signal });
  try {
    yield* lines;
  } finally {
    lines.close();
    // A terminal would keep the process alive.
    input.destroy();
  }
}
