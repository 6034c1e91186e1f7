/** The largest window, of 24 bits. */
const maxWindow = 1 << 24;

/**
 * The window of data in brotli, in bytes: at least 1 KiB, 16 MiB at most (RFC 7932 section 9.1). A decompressor fills it before it
 * returns a byte, however few are asked for, unless there are fewer in all.
 */
export function brotliWindow([start = 0]: Uint8Array): number {
  if ((start & 1) === 0) return 1 << 16;
  const large = (start >> 1) & 7;
  if (large !== 0) return 1 << (17 + large);
  const small = (start >> 4) & 7;
  // 1 is of no window that the format knows.
  if (small === 1) return maxWindow;
  return small === 0 ? 1 << 17 : 1 << (8 + small);
}
