import { StoreUnavailableError } from "../errors.ts";

/**
 * What an error of the database means to who meets it.
 *
 * - `lost`: the connection, or the server as one that takes writes, is gone: connect anew, then try again.
 * - `again`: the same, tried again at once, may succeed.
 * - `read_only`: the server takes no writes, as a standby, or on somebody's order: connect anew, perhaps to another one.
 * - `full`: the server has no room; it heals once someone makes some.
 * - `denied`: an operator has to give rights, or mend the settings.
 * - `other`: a fault of what was asked, or of ours.
 */
export type Trouble = "lost" | "again" | "read_only" | "full" | "denied" | "other";

/** SQLSTATE, whole or by its class: https://www.postgresql.org/docs/18/errcodes-appendix.html */
const BY_STATE: Readonly<Record<string, Trouble>> = {
  "08": "lost",
  "57P01": "lost",
  "57P02": "lost",
  "57P03": "lost",
  "57P05": "lost",
  "25006": "read_only",
  "25P03": "lost",
  "25P04": "lost",
  "53300": "lost",
  "40001": "again",
  "40P01": "again",
  "55P03": "again",
  "53100": "full",
  "28": "denied",
  "3D000": "denied",
  "42501": "denied",
};

/** What `pg` says, without a code, of a connection that is gone, or on which nothing can be understood any more. */
const LOST_TEXTS =
  /^(Connection terminated|Client has encountered|Client was closed|Query read timeout|timeout expired|Received unexpected)/;

/** Codes of the network and of TLS; what is wrong with a certificate is no matter of waiting. */
const LOST_CODES = /^(E[A-Z_]+|ERR_(?!TLS_CERT)[A-Z_]+)$/;

/** Returns what an error of `pg`, of the server or of the network means. */
export function troubleOf(error: unknown): Trouble {
  if (!(error instanceof Error) || error instanceof TypeError) return "other";
  const { code = "" } = error as NodeJS.ErrnoException;
  if (LOST_CODES.test(code) || LOST_TEXTS.test(error.message)) return "lost";
  return BY_STATE[code] ?? BY_STATE[code.slice(0, 2)] ?? "other";
}

/** Whether the server itself has said that a statement failed, so that its transaction will not be committed. */
export function isVerdict(error: unknown): boolean {
  return error instanceof Error && "severity" in error && troubleOf(error) !== "lost";
}

/** The SQLSTATE or code of an error; its text where it has none. Holds nothing of a password. */
export function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : error));
}

/** Whether a statement took longer than it may. */
export function isTimeout(error: unknown): boolean {
  return codeOf(error) === "57014";
}

/** The error of who has waited for the database as long as anybody does. */
export function unreachable(cause: unknown): StoreUnavailableError {
  return new StoreUnavailableError("the database cannot be reached at the moment", { cause });
}
