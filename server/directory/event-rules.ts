import { CHANGE_EVENT_TYPES } from "../store/records.ts";
import { InvalidFieldError, quote } from "./errors.ts";

/** Bytes of the payload of a reported event, at most. */
export const MAX_PAYLOAD_BYTES = 8192;

const TYPE = /^[a-z][a-z0-9_]{0,62}$/;

/** The names of changes, and those that the feed gives its own messages: none of them can be reported. */
const RESERVED_TYPES: ReadonlySet<string> = new Set([...CHANGE_EVENT_TYPES, "snapshot", "not_found"]);

/** Checks an event that is reported. Throws {@link InvalidFieldError}. */
export function checkEvent(type: string, payload: Uint8Array): void {
  if (!TYPE.test(type)) {
    throw new InvalidFieldError(
      "type",
      `type ${quote(type)} is not a lower-case word of 1 to 63 letters, digits and _`,
    );
  }
  if (RESERVED_TYPES.has(type)) throw new InvalidFieldError("type", `type ${quote(type)} is reserved for the server`);
  if (payload.length > MAX_PAYLOAD_BYTES) {
    throw new InvalidFieldError("payload", `payload has ${payload.length} bytes, at most ${MAX_PAYLOAD_BYTES}`);
  }
}
