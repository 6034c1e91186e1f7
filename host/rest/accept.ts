interface Range {
  readonly type: string;
  readonly weight: number;
}

/**
 * The one of some media types that a client likes best by its `Accept` header (RFC 9110 section 12.5.1); the first of those
 * it likes as well. Undefined where it takes none of them; without the header it takes any.
 */
export function preferredType<T extends string>(accept: string | undefined, types: readonly T[]): T | undefined {
  if (accept === undefined || accept === "*/*") return types[0];
  const ranges = accept.split(",").map(parseRange);
  let best: T | undefined;
  let bestWeight = 0;
  for (const type of types) {
    const weight = weightOf(type, ranges);
    if (weight > bestWeight) {
      best = type;
      bestWeight = weight;
    }
  }
  return best;
}

/** The media type of a `Content-Type` in lower case, and whether its text is UTF-8, as it is by default. */
export function mediaType(contentType: string): { readonly type: string; readonly utf8: boolean } {
  const [type = "", ...parameters] = contentType
    .toLowerCase()
    .split(";")
    .map(part => part.trim());
  const charset = parameters.find(parameter => parameter.startsWith("charset="));
  return { type, utf8: charset === undefined || /^charset="?utf-?8"?$/.test(charset) };
}

function parseRange(item: string): Range {
  const [type = "", ...parameters] = item
    .toLowerCase()
    .split(";")
    .map(part => part.trim());
  const weight = parameters.find(parameter => parameter.startsWith("q="));
  return { type, weight: weight === undefined ? 1 : Number(weight.slice(2)) || 0 };
}

/** What the most specific of the ranges says that a type is in. */
function weightOf(type: string, ranges: readonly Range[]): number {
  const family = `${type.slice(0, type.indexOf("/"))}/*`;
  for (const wanted of [type, family, "*/*"]) {
    const found = ranges.find(range => range.type === wanted);
    if (found) return found.weight;
  }
  return 0;
}
