import type { CallSource } from "./call-source.ts";
import { randomId } from "./random-id.ts";

/** The header that carries a request's id, both ways. */
export const requestIdHeader = "x-request-id";

/** Printable, without spaces, and short: a client's id goes into every log line of its call. */
const acceptable = /^[\w.:+/=-]{1,128}$/;

/** The id a client gave its request if that may be logged as it is, else a new UUID. */
export function requestIdOf(headers: Record<string, string | string[] | undefined>): string {
  const given = headers[requestIdHeader];
  return typeof given === "string" && acceptable.test(given) ? given : randomId();
}

/**
 * What the headers of every answer carry, whoever gives it: the id that finds its line in the log. In headers alone, as
 * clients join what headers and an error's metadata say.
 */
export function answerHeaders({ id }: Pick<CallSource, "id">): Record<string, string> {
  return { [requestIdHeader]: id };
}
