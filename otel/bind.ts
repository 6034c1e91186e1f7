import { type Context, context } from "@opentelemetry/api";

/** Iterates within a context: a generator's code runs in that of whoever asks it for more. */
export function bindIterable<T>(active: Context, messages: AsyncIterable<T>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const inner = context.with(active, () => messages[Symbol.asyncIterator]());
      return {
        next: () => context.with(active, () => inner.next()),
        async return(value) {
          return (await context.with(active, () => inner.return?.(value))) ?? { done: true, value };
        },
      };
    },
  };
}
