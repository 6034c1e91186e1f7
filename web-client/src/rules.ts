/** What came of reading a field: its value, or what is wrong with it in words for the one who typed it. */
export type Reading<Value> = { ok: true; value: Value } | { ok: false; problem: string };

const MAX_NAME_CHARACTERS = 200;
const MAX_AGE_YEARS = 150;
/** As many as the service takes. */
const MAX_TOKEN_CHARACTERS = 8192;
/** One hour: the longest deadline the service takes unless told otherwise. */
const MAX_DEADLINE_MS = 3_600_000;

/** Reads a name of up to 200 characters (code points), kept as it was typed. */
export function readName(text: string): Reading<string> {
  const { length } = [...text];
  if (length > MAX_NAME_CHARACTERS) {
    return { ok: false, problem: `Name must have at most ${MAX_NAME_CHARACTERS} characters, not ${length}` };
  }
  return { ok: true, value: text };
}

/** Reads an age in whole years from 0 to 150. Empty means unknown, which the contract writes as 0. */
export function readAge(text: string): Reading<number> {
  if (text.trim() === "") return { ok: true, value: 0 };
  return readWholeNumber({ label: "Age", text, min: 0, max: MAX_AGE_YEARS });
}

/** Reads a deadline in whole milliseconds from 1 to 3,600,000. Empty means none. */
export function readDeadline(text: string): Reading<number | undefined> {
  if (text.trim() === "") return { ok: true, value: undefined };
  return readWholeNumber({ label: "Deadline", text, min: 1, max: MAX_DEADLINE_MS });
}

/**
 * Reads a bearer token (RFC 6750 section 2.1) of up to 8,192 characters, as it is or after the word "Bearer". Empty means
 * none. What is wrong is said without the token: it is a secret.
 */
export function readToken(text: string): Reading<string> {
  const token = text.trim().replace(/^bearer\s+/i, "");
  if (token.length > MAX_TOKEN_CHARACTERS) {
    const bound = MAX_TOKEN_CHARACTERS.toLocaleString("en-US");
    return { ok: false, problem: `Token must have at most ${bound} characters, not ${token.length}` };
  }
  if (!/^[\w~+/.-]*=*$/.test(token)) return { ok: false, problem: "Token holds a character that no token has" };
  return { ok: true, value: token };
}

function readWholeNumber(rule: { label: string; text: string; min: number; max: number }): Reading<number> {
  const { label, text, min, max } = rule;
  const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return { ok: true, value };
  const bounds = `${min} to ${max.toLocaleString("en-US")}`;
  return { ok: false, problem: `${label} must be a whole number from ${bounds}, not “${text.trim()}”` };
}
