import { Code, ConnectError } from "@connectrpc/connect";
import { quoted } from "./field-text.ts";

/** Name and value of one query parameter. */
export type QueryParameter = readonly [name: string, value: string];

/**
 * Splits a query into its parameters, in their order, as forms write them: `+` is a blank. Throws INVALID_ARGUMENT where
 * percent-encoding is broken, which `URLSearchParams` would take for text.
 */
export function parseQuery(query: string): QueryParameter[] {
  const parameters: QueryParameter[] = [];
  for (const part of query.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = decode(equals < 0 ? part : part.slice(0, equals), part);
    parameters.push([name, equals < 0 ? "" : decode(part.slice(equals + 1), part)]);
  }
  return parameters;
}

function decode(text: string, parameter: string): string {
  const blanks = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!blanks.includes("%")) return blanks;
  try {
    return decodeURIComponent(blanks);
  } catch {
    const why = "each % must be followed by the two hex digits of a byte in UTF-8";
    throw new ConnectError(`query parameter ${quoted(parameter)}: ${why}`, Code.InvalidArgument);
  }
}
