/** Aborts with whichever aborts first. */
export function either(one: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? one : AbortSignal.any([one, other]);
}

/**
 * What `work` resolves with, under a signal that aborts with whichever of both aborts first until then. For work that has an
 * end: `AbortSignal.any` keeps to its sources for longer, at the cost of half a call.
 */
export async function underEither<T>(
  one: AbortSignal,
  other: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const sources = [one, other];
  const abort = () => controller.abort(sources.find(({ aborted }) => aborted)?.reason);
  for (const source of sources) source.addEventListener("abort", abort);
  try {
    if (sources.some(({ aborted }) => aborted)) abort();
    return await work(controller.signal);
  } finally {
    for (const source of sources) source.removeEventListener("abort", abort);
  }
}

/** The promise's value; rejects at once when the signal aborts, however long the promise takes. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
