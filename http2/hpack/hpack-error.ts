/**
 * A field block that no correct encoder writes. It is a connection error of type COMPRESSION_ERROR (RFC 9113 section
 * 4.3): the two tables may differ from here on, so neither this nor any later block can be trusted.
 */
export class HpackError extends Error {
  override readonly name = "HpackError";
}
