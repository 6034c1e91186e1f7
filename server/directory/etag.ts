import type { User } from "./user.ts";

/** Answers the etag of a user's state: opaque, and another one after each change (AIP-154). */
export function etagOf(user: User): string {
  return Buffer.from(`${user.id}.${user.version}`).toString("base64url");
}

/** Answers the version that an etag stands for; undefined where it is none of this user's. */
export function versionOf(etag: string, id: number): number | undefined {
  const [, owner, version] = /^(\d+)\.(\d+)$/.exec(Buffer.from(etag, "base64url").toString("latin1")) ?? [];
  return Number(owner) === id ? Number(version) : undefined;
}
