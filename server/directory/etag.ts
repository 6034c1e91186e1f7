import type { User } from "./user.ts";

/**
 * Returns the etag of a user's state: opaque, and another one after each change (AIP-154). A version alone would not do:
 * after a restore, versions are given again to other states. So the time of the change is a part of it.
 */
export function etagOf({ id, version, updateTime }: User): string {
  return Buffer.from(`${id}.${version}.${updateTime}`).toString("base64url");
}

/** What a write to a user has to find for an etag to fit. */
export interface ExpectedState {
  readonly ifVersion: number;
  readonly ifUpdateTime: number;
}

/** Returns the state that an etag stands for; one that no user has where it is none of this user's. */
export function stateOf(etag: string, id: number): ExpectedState {
  const text = Buffer.from(etag, "base64url").toString("latin1");
  const [, owner, version, time] = /^(\d+)\.(\d+)\.(-?\d+)$/.exec(text) ?? [];
  const ifVersion = Number(owner) === id ? Number(version) : 0;
  return { ifVersion, ifUpdateTime: Number(time ?? 0) };
}
