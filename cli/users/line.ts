/** Something that a file has in a line; the first line is 1. */
export interface Line<T> {
  readonly line: number;
  readonly value: T;
}

/** What is wrong with a line of a file. */
export class LineError extends Error {
  override readonly name = "LineError";
  readonly line: number;

  constructor(line: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.line = line;
  }
}
