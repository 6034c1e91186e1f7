import type { Code } from "@connectrpc/connect";
import type { Scene } from "./scene.ts";

/** Bad input, and how it is answered. */
export interface BadInput {
  readonly call: (scene: Scene) => Promise<unknown>;
  readonly code: Code;
  /** The path of the field at fault, as the error's details have it; undefined where none is. */
  readonly field?: string | undefined;
  /** Of several users that were sent, the one at fault, as the error's details have it. */
  readonly index?: number | undefined;
  /** A part of the error's text: the bound, or the value that is refused. */
  readonly says: string;
}

/** Answers messages as a client streams them. */
export async function* stream<T>(...messages: T[]): AsyncGenerator<T> {
  yield* messages;
}

/** Reads a server's stream to its end. */
export function all<T>(messages: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(messages);
}
