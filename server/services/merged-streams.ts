import { Code, ConnectError } from "@connectrpc/connect";

/** What a {@link MergedStreams} needs. */
export interface MergedStreamsOptions<T> {
  /** Ends the stream. */
  readonly signal: AbortSignal;
  /** Called where the signal aborts or a source fails; what it throws ends the stream, what it answers goes on it. */
  readonly onFailure: (error: unknown, key: string | undefined) => T;
  /** Called once, however the stream ends. */
  readonly onEnd?: () => void;
}

interface Source<T> {
  readonly key: string;
  readonly items: AsyncIterator<T>;
}

interface Entry<T> {
  readonly value: T;
  /** Whose item it is, and who is asked for another one when it is taken. */
  readonly source: Source<T> | undefined;
  readonly bytes: number;
}

interface Waiter<T> {
  resolve(result: IteratorResult<T>): void;
  reject(error: unknown): void;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** What may wait of items that are put, for a client that reads too slowly. */
const MAX_WAITING = { items: 1000, bytes: 1024 * 1024 };

/**
 * Several streams as one, which come and go. Of each at most one item waits here: what more there is waits where it
 * is bounded. What waits when the stream fails is delivered before the error.
 */
export class MergedStreams<T> implements AsyncIterableIterator<T> {
  readonly #options: MergedStreamsOptions<T>;
  readonly #sources = new Map<string, Source<T>>();
  #entries: Entry<T>[] = [];
  #bytes = 0;
  #waiter: Waiter<T> | undefined;
  #end: { readonly error?: unknown } | undefined;
  #complete = false;

  constructor(options: MergedStreamsOptions<T>) {
    this.#options = options;
    if (options.signal.aborted) this.#onAbort();
    else options.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Whether nothing can be added any more. */
  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** Adds a source under a key that no other has. */
  add(key: string, items: AsyncIterator<T>): void {
    const source = { key, items };
    if (this.#end) void items.return?.();
    else {
      this.#sources.set(key, source);
      this.#ask(source);
    }
  }

  /** Ends a source; nothing of it follows. Does nothing where there is none. */
  remove(key: string): void {
    const source = this.#sources.get(key);
    if (source === undefined) return;
    this.#entries = this.#entries.filter(entry => entry.source !== source);
    this.#drop(source);
  }

  /** Appends an item of no source, of about so many bytes. Ends the stream where too much waits already. */
  put(value: T, bytes = 100): void {
    const { length } = this.#entries;
    if (length < MAX_WAITING.items && (length === 0 || this.#bytes + bytes <= MAX_WAITING.bytes)) {
      this.#offer({ value, source: undefined, bytes });
    } else {
      const limit = `at most ${MAX_WAITING.items} messages or ${MAX_WAITING.bytes} bytes may`;
      this.fail(new ConnectError(`${length} messages wait to be read, ${limit}`, Code.ResourceExhausted));
    }
  }

  /** No more sources follow: the stream ends with the last one. */
  complete(): void {
    this.#complete = true;
    this.#endIfDone();
  }

  /** Ends the stream as `onFailure` says. */
  fail(error: unknown, key?: string): void {
    if (this.#end) return;
    try {
      this.#offer({ value: this.#options.onFailure(error, key), source: undefined, bytes: 0 });
      this.#endIfDone();
    } catch (failure) {
      this.#finish({ error: failure });
    }
  }

  next(): Promise<IteratorResult<T>> {
    const entry = this.#entries.shift();
    if (entry !== undefined) return Promise.resolve(this.#taken(entry));
    if (this.#end) return "error" in this.#end ? Promise.reject(this.#end.error) : Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<T>> {
    this.#entries = [];
    this.#finish({});
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly #onAbort = (): void => this.fail(this.#options.signal.reason);

  #ask(source: Source<T>): void {
    source.items.next().then(
      result => {
        if (this.#sources.get(source.key) !== source) return;
        if (!result.done) this.#offer({ value: result.value, source, bytes: 0 });
        else {
          this.#sources.delete(source.key);
          this.#endIfDone();
        }
      },
      error => {
        if (this.#sources.get(source.key) !== source) return;
        this.#sources.delete(source.key);
        this.fail(error, source.key);
      },
    );
  }

  #offer(entry: Entry<T>): void {
    if (this.#end) return;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    this.#bytes += entry.bytes;
    if (waiter === undefined) this.#entries.push(entry);
    else waiter.resolve(this.#taken(entry));
  }

  #taken({ value, source, bytes }: Entry<T>): IteratorResult<T> {
    this.#bytes -= bytes;
    if (source && this.#sources.get(source.key) === source) this.#ask(source);
    return { done: false, value };
  }

  #drop(source: Source<T>): void {
    this.#sources.delete(source.key);
    void source.items.return?.();
  }

  #endIfDone(): void {
    if (this.#complete && this.#sources.size === 0) this.#finish({});
  }

  #finish(end: { readonly error?: unknown }): void {
    if (this.#end) return;
    this.#end = end;
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    for (const source of this.#sources.values()) this.#drop(source);
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if ("error" in end) waiter?.reject(end.error);
    else waiter?.resolve(DONE);
    this.#options.onEnd?.();
  }
}
