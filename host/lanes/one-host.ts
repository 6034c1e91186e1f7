/**
 * Whether a request names whom it asks once at most: with two `Host` lines, what is in front and this server may each go by
 * another one (RFC 9112 section 3.2). `rawHeaders` are names and values in turn, as they were sent.
 */
export function hasOneHost(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? "";
    if (name.length === 4 && name.toLowerCase() === "host") hosts++;
  }
  return hosts <= 1;
}
