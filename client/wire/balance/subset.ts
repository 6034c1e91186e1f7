import { hash } from "node:crypto";

/** How many of many servers a client calls. */
export interface SubsetOptions {
  /** Servers, 1 or more. */
  readonly size: number;
  /**
   * What the choice depends on, beside the servers: the same for the same. Default: a random one, so that clients choose
   * differently.
   */
  readonly seed?: string;
}

/**
 * Chooses some of many by rendezvous hashing, gRFC A68: each client others, and the same again while they are there. Where
 * one comes or goes, at most one of the chosen changes. All of them, where they are not more than `size`.
 */
export function chooseSubset<T>(
  all: readonly T[],
  keyOf: (one: T) => string,
  { size, seed }: Required<SubsetOptions>,
): T[] {
  if (all.length <= size) return [...all];
  const ranked = all.map(one => ({ one, rank: hash("sha256", `${keyOf(one)} ${seed}`) }));
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return ranked.slice(0, size).map(({ one }) => one);
}
