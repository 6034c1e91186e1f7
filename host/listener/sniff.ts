/** What a connection speaks, by its first bytes; `undefined` while they fit more than one answer. */
export type WireProtocol = "http1" | "http2" | "tls";

/** The client connection preface, RFC 9113 section 3.4. */
const http2Preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** The content type of a TLS handshake record, RFC 8446 section 5.1. No HTTP method starts with it. */
const tlsHandshake = 0x16;

/**
 * Tells HTTP/1.1, HTTP/2 with prior knowledge and TLS apart.
 *
 * `head` holds all bytes received so far. HTTP/2 is answered once the whole preface of 24 bytes is there, HTTP/1.1 at
 * the first byte that departs from it: an HTTP/1.1 request line may share its first letters ("POST", "PROPFIND").
 */
export function sniffProtocol(head: Buffer): WireProtocol | undefined {
  if (head.length === 0) return undefined;
  if (head[0] === tlsHandshake) return "tls";
  const shared = Math.min(head.length, http2Preface.length);
  if (http2Preface.compare(head, 0, shared, 0, shared) !== 0) return "http1";
  return shared === http2Preface.length ? "http2" : undefined;
}
