/** What a field counts beside its name and value: RFC 9113 section 6.5.2. */
const fieldOverhead = 32;

/**
 * The size of a header list as RFC 9113 section 6.5.2 counts it, from names and values in turn.
 *
 * Node holds HTTP/2 clients to a size only once they have acknowledged it, and they need not.
 */
export function headerBytes(rawHeaders: readonly string[]): number {
  let bytes = (rawHeaders.length / 2) * fieldOverhead;
  for (const text of rawHeaders) bytes += text.length;
  return bytes;
}
