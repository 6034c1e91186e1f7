/**
 * Lets so many pass in a turn of the event loop; the others wait for the next ones, in the order in which they came. So
 * thousands that want to work at the same time leave room for what else there is to do.
 */
export class Turns {
  readonly #perTurn: number;
  readonly #waiting: (() => void)[] = [];
  #passed = 0;
  #scheduled = false;

  constructor(perTurn: number) {
    this.#perTurn = perTurn;
  }

  /** Resolves when it is the caller's turn. */
  async next(): Promise<void> {
    if (this.#passed >= this.#perTurn) await new Promise<void>(resolve => this.#waiting.push(resolve));
    else this.#passed += 1;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#begin);
  }

  readonly #begin = (): void => {
    this.#scheduled = false;
    const next = this.#waiting.splice(0, this.#perTurn);
    this.#passed = next.length;
    for (const pass of next) pass();
  };
}
