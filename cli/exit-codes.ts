import type { Code } from "@connectrpc/connect";

/** How the command ends; `docs/command-line.md` has the table. `healthcheck` has codes of its own. */
export const exitCodes = {
  ok: 0,
  /** Anything that none of the others says, such as a file that cannot be written. */
  failed: 1,
  /** The command line is wrong (`EX_USAGE` of sysexits.h). */
  usage: 64,
  /** A file's content is wrong: what the server would say of it, INVALID_ARGUMENT. */
  badInput: 67,
  /** Ended by Ctrl-C, as shells have it: 128 and the signal's number. */
  interrupted: 130,
  /** Ended by SIGTERM. */
  terminated: 143,
} as const;

/**
 * The exit code of a call that failed: 64 and the status code, as in grpcurl. It never meets `usage`, for status 0 is no
 * failure.
 */
export function exitCodeOf(code: Code): number {
  return 64 + code;
}
