import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Position } from "../../store/records.ts";
import type { DatabaseIdentity } from "../../store/user-store.ts";
import { InvalidFieldError } from "../errors.ts";
import { OtherDatabaseError } from "./errors.ts";
import { type Selector, selectorKey } from "./selector.ts";

/** The first byte of every token: how the rest is laid out. */
const VERSION = 1;
const DATABASE_BYTES = 8;
/** 128 bits of an HMAC-SHA256. */
const SIGNATURE_BYTES = 16;
const POSITION_BYTES = 16;
const TOKEN_BYTES = 1 + DATABASE_BYTES + SIGNATURE_BYTES + POSITION_BYTES;

/** Resume tokens of a feed: opaque, signed, and good only for the database and the selection they were given for. */
export interface ResumeTokens {
  /** Returns the token that goes on after a position; the same one for the same place of the same selection. */
  seal(position: Position, selector: Selector): string;
  /**
   * Answers where a token goes on. Throws {@link OtherDatabaseError}, and {@link InvalidFieldError} where it was forged,
   * or given for another selection.
   */
  open(token: string, selector: Selector): Position;
}

/** Makes resume tokens that every process on the same database understands. */
export function createResumeTokens({ id, key }: DatabaseIdentity): ResumeTokens {
  const database = createHash("sha256").update(id).digest().subarray(0, DATABASE_BYTES);

  function sign(position: Buffer, selector: Selector): Buffer {
    const hmac = createHmac("sha256", key)
      .update(`resume ${id} ${selectorKey(selector)} `)
      .update(position);
    return hmac.digest().subarray(0, SIGNATURE_BYTES);
  }

  function makeToken({ tx, seq }: Position, selector: Selector): string {
    const position = Buffer.alloc(POSITION_BYTES);
    position.writeBigUInt64BE(tx);
    position.writeBigUInt64BE(seq, 8);
    return Buffer.concat([Buffer.of(VERSION), database, sign(position, selector), position]).toString("base64url");
  }

  // Thousands that begin, or are cut off, at the same time do so at the same place.
  let last: { readonly place: string; readonly token: string } | undefined;

  return {
    seal(position, selector) {
      const place = `${position.tx} ${position.seq} ${selectorKey(selector)}`;
      if (last?.place !== place) last = { place, token: makeToken(position, selector) };
      return last.token;
    },
    open(token, selector) {
      const bytes = Buffer.from(token, "base64url");
      // Decoding skips what is not base64url; only the one spelling that was given is good.
      if (bytes.length !== TOKEN_BYTES || bytes[0] !== VERSION || bytes.toString("base64url") !== token)
        throw invalid();
      if (!bytes.subarray(1, 1 + DATABASE_BYTES).equals(database)) throw new OtherDatabaseError();
      const signature = bytes.subarray(1 + DATABASE_BYTES, -POSITION_BYTES);
      const position = bytes.subarray(-POSITION_BYTES);
      if (!timingSafeEqual(signature, sign(position, selector))) throw invalid();
      return { tx: position.readBigUInt64BE(), seq: position.readBigUInt64BE(8) };
    },
  };
}

function invalid(): InvalidFieldError {
  const message = "resume_token was not given for this subscription";
  return new InvalidFieldError("resume_token", message, "INVALID_RESUME_TOKEN");
}
