import { createHash } from "node:crypto";
import type { RequestKey } from "../store/writes.ts";
import { InvalidFieldError, quote } from "./errors.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Returns the key that makes a write idempotent (AIP-155); undefined where the id is empty or missing. The payload is
 * what the method was asked for, as plain data. Throws {@link InvalidFieldError} where the id is no UUID.
 */
export function toRequestKey(id: string | undefined, method: string, payload: unknown): RequestKey | undefined {
  if (id === undefined || id === "") return undefined;
  if (!UUID.test(id)) throw new InvalidFieldError("request_id", `request_id ${quote(id)} is not a UUID`);
  const fingerprint = createHash("sha256")
    .update(JSON.stringify([method, payload]))
    .digest("base64url");
  return { id: id.toLowerCase(), fingerprint };
}
