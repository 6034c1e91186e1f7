/** What one connection has to send, and the calls that wait until that is less. */
export abstract class ConnectionAccount {
  readonly #limit: number;
  /** Whether a compressed request is being decoded. */
  #unfolding = false;
  #waiting: (() => void)[] | undefined = undefined;

  /** `limit` is in bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes of replies that are not sent. */
  abstract readonly bytes: number;

  /**
   * Resolves once a connection that has its limit to send has less: until then its requests wait as they came. Of compressed
   * ones, which may have replies as large as what they unfold to, one is decoded at a time: say `unfolded` then. Returns
   * undefined where there is no need to wait.
   */
  room(unfolds: boolean): Promise<void> | undefined {
    if (!this.#isAwaited && this.#admits(unfolds)) return undefined;
    return new Promise(resolve => {
      const tryAgain = () => {
        if (!this.#admits(unfolds)) return void this.#waiting?.unshift(tryAgain);
        resolve();
        // By the next turn of the loop most replies are there.
        setImmediate(() => this.release());
      };
      this.#waiting ??= [];
      this.#waiting.push(tryAgain);
    });
  }

  /** A compressed request is decoded, or never will be. */
  unfolded(): void {
    this.#unfolding = false;
    if (this.#isAwaited) setImmediate(() => this.release());
  }

  /** There is less to send: the next one may go on. */
  release(): void {
    this.#waiting?.shift()?.();
  }

  get #isAwaited(): boolean {
    return this.#waiting !== undefined && this.#waiting.length > 0;
  }

  #admits(unfolds: boolean): boolean {
    if (this.bytes >= this.#limit) return false;
    if (!unfolds) return true;
    if (this.#unfolding) return false;
    this.#unfolding = true;
    return true;
  }
}
