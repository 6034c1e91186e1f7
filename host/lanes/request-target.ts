/** What a request asks for: a path as it was sent, and the query behind it without its mark. */
export interface RequestTarget {
  readonly path: string;
  readonly query: string;
}

/** Scheme and authority of a target in absolute-form; what follows them is a path, a query or nothing. */
const origin = /^https?:\/\/[^/?#]*/i;

/**
 * Splits a request target as the router does. One in absolute-form, as clients send that take this server for a proxy, asks
 * for the same as its path alone (RFC 9112 section 3.2.2).
 */
export function splitTarget(target: string): RequestTarget {
  const relative = target.charCodeAt(0) === 0x2f ? target : target.replace(origin, "");
  const mark = relative.indexOf("?");
  const path = mark < 0 ? relative : relative.slice(0, mark);
  return { path: path === "" ? "/" : path, query: mark < 0 ? "" : relative.slice(mark + 1) };
}
