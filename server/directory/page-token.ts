import { createHmac, timingSafeEqual } from "node:crypto";
import type { UserCursor } from "../store/queries.ts";
import { InvalidFieldError } from "./errors.ts";

/** Bytes of the signature: 128 bits of an HMAC-SHA256. */
const SIGNATURE_BYTES = 16;

/** Page tokens of a directory: opaque, signed, and good only with the arguments they were given for (AIP-158). */
export interface PageTokens {
  /** Returns the token that reads on after a user. */
  seal(cursor: UserCursor, args: readonly unknown[]): string;
  /** Answers where a token reads on. Throws {@link InvalidFieldError} where it was forged, or given for other arguments. */
  open(token: string, args: readonly unknown[]): UserCursor;
}

/** Makes page tokens that every process with the same key understands. */
export function createPageTokens(key: Uint8Array): PageTokens {
  function sign(cursor: string, args: readonly unknown[]): Buffer {
    const signed = JSON.stringify(["page", cursor, ...args]);
    return createHmac("sha256", key).update(signed).digest().subarray(0, SIGNATURE_BYTES);
  }

  return {
    seal({ key, id }, args) {
      const cursor = JSON.stringify([key, id]);
      return Buffer.concat([sign(cursor, args), Buffer.from(cursor)]).toString("base64url");
    },
    open(token, args) {
      const bytes = Buffer.from(token, "base64url");
      const cursor = bytes.subarray(SIGNATURE_BYTES).toString();
      const signature = bytes.subarray(0, SIGNATURE_BYTES);
      // Decoding skips what is not base64url; only the one spelling that was given is good.
      const intact = signature.length === SIGNATURE_BYTES && bytes.toString("base64url") === token;
      if (!intact || !timingSafeEqual(signature, sign(cursor, args))) {
        const message = "page_token was not given for a request with these arguments";
        throw new InvalidFieldError("page_token", message, "INVALID_PAGE_TOKEN");
      }
      const [key, id] = JSON.parse(cursor);
      return { key, id };
    },
  };
}
