/** A request that a client may send, whether it keeps the rules or not, and what it does beside. */
export interface GeneratedRequest {
  /** What kind it is of, for whoever reads a difference. */
  readonly kind: string;
  readonly fields: readonly string[];
  /** The body in parts, each a `write`. */
  readonly parts: readonly Buffer[];
  readonly trailers: readonly string[] | undefined;
  /** Whether it is reset in place of its end. */
  readonly resets: boolean;
}

/** Chance by a seed: a whole number below a bound. */
type Below = (bound: number) => number;

const names = ["accept", "x-a", "x-b", "cookie", "user-agent", "accept-encoding", "x-bin", "set-cookie", "etag"];
const values = ["", "a", "a, b", "text/plain;q=0.5", "ü", "\t inner \t blanks", "a=1", "v".repeat(300), '"quoted"'];

function pick<T>(below: Below, items: readonly T[]): T {
  return items[below(items.length)] as T;
}

function ordinary(below: Below): string[] {
  return Array.from({ length: below(6) }, () => [pick(below, names), pick(below, values).trim()]).flat();
}

/** Heads that some rule of RFC 9113 sections 8.2 and 8.3 forbids, or that are at its edge. */
const odd: Readonly<Record<string, (head: string[]) => string[]>> = {
  "a name in capitals": head => [...head, "X-Capital", "1"],
  "a name with a blank": head => [...head, "x blank", "1"],
  "an empty name": head => [...head, "", "1"],
  "a value with a line break": head => [...head, "x-break", "a\r\nb"],
  "a value with NUL": head => [...head, "x-nul", "a\0b"],
  "a value with blanks around": head => [...head, "x-blanks", " a "],
  "a field of the connection": head => [...head, "connection", "close"],
  "transfer-encoding": head => [...head, "transfer-encoding", "chunked"],
  "te that is not trailers": head => [...head, "te", "gzip"],
  "te: trailers": head => [...head, "te", "trailers"],
  "an unknown pseudo-header": head => [":unknown", "1", ...head],
  "a pseudo-header behind a field": head => ["x-first", "1", ...head],
  "two paths": head => [":path", "/other", ...head],
  "no path": head => head.filter((_, n) => head[n - (n % 2)] !== ":path"),
  "no scheme": head => head.filter((_, n) => head[n - (n % 2)] !== ":scheme"),
  "no method": head => head.filter((_, n) => head[n - (n % 2)] !== ":method"),
  "an empty path": head => head.map((text, n) => (head[n - 1] === ":path" ? "" : text)),
  "a path without a slash": head => head.map((text, n) => (head[n - 1] === ":path" ? "path" : text)),
  "a method that is no token": head => head.map((text, n) => (head[n - 1] === ":method" ? "GE T" : text)),
  "a length that is no number": head => [...head, "content-length", "1x"],
  "a length that is not the body's": head => [...head, "content-length", "99999"],
  "two lengths": head => [...head, "content-length", "1", "content-length", "2"],
  "a host that is not the authority": head => [...head, "host", "elsewhere"],
  "an expectation": head => [...head, "expect", "miracles"],
};

/** Makes one request; three of four keep the rules. */
export function generateRequest(below: Below): GeneratedRequest {
  const method = pick(below, ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "QUERY"]);
  const path = pick(below, ["/", "/echo", "/a/b?c=d", "/%20?", `/${"p".repeat(below(500))}`]);
  const isPost = method === "POST" || method === "PUT" || method === "PATCH";
  const parts = isPost
    ? Array.from({ length: below(4) }, () => Buffer.alloc(below(pick(below, [2, 100, 40_000])), 97 + below(26)))
    : [];
  const target = [":method", method, ":scheme", "http", ":authority", "localhost", ":path", path];
  let kind = "ordinary";
  let fields = [...target, ...ordinary(below)];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const isOdd = below(4) === 0;
  if (isOdd) {
    kind = pick(below, Object.keys(odd));
    fields = odd[kind]?.(fields) ?? fields;
  } else if (isPost && below(2) === 0) fields.push("content-length", String(length));
  const trailers = !isOdd && isPost && below(4) === 0 ? ["x-sum", String(below(100))] : undefined;
  return { kind, fields, parts, trailers, resets: !isOdd && below(20) === 0 };
}
