import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { Code, ConnectError } from "@connectrpc/connect";
import { brotliWindow } from "./brotli-window.ts";

/** Messages shorter than this are not worth compressing. */
export const compressMinBytes = 1024;

/** Up to here zlib's own call is cheaper than a trip to the thread pool, and holds the loop for well under a millisecond. */
const syncInputBytes = 16 * 1024;
/** Where a short input inflates past this, the thread pool takes over. */
const syncOutputBytes = 64 * 1024;
/**
 * What a thread inflates before it tells the loop, which costs as much for 16 KiB, the default. A message that is refused
 * for its size takes the loop a fifth of the time so, and brotli two fifths.
 */
const longChunkBytes = 256 * 1024;
/**
 * zlib's defaults, 6 and 8, are made for files, too: a message of 10 KB takes three times as long, and is a tenth smaller.
 * What a smaller memory level saves is the time to clear it.
 */
const gzipOptions = { level: 3, memLevel: 7 };
/** Brotli's default of 11 is made for files: it takes milliseconds for what 4 does in microseconds, and gains little. */
const brotliQuality = 4;

type Bytes = Uint8Array | Promise<Uint8Array>;

/** A way to compress messages. Short ones are done at once, long ones in the thread pool. */
export interface Encoding {
  readonly name: "gzip" | "br";
  compress(bytes: Uint8Array): Bytes;
  /**
   * Decompresses a short message; undefined where it turns out to be long. Throws RESOURCE_EXHAUSTED above `limit` bytes,
   * INVALID_ARGUMENT where the data is corrupt.
   */
  decompressShort(bytes: Uint8Array, limit: number): Uint8Array | undefined;
  /** What `decompressShort` may do for such a message before it knows that it is long, in bytes that it makes. */
  shortWork(bytes: Uint8Array): number;
  /** Decompresses in the thread pool. Rejects with what `decompressShort` throws. */
  decompressLong(bytes: Uint8Array, limit: number): Promise<Uint8Array>;
}

const gzipAsync = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gzip);
const gunzipAsync = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gunzip);
const brotliAsync = promisify<Uint8Array, zlib.BrotliOptions, Buffer>(zlib.brotliCompress);
const unbrotliAsync = promisify<Uint8Array, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress);

function brotliOptions(bytes: Uint8Array): zlib.BrotliOptions {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = zlib.constants;
  return { params: { [BROTLI_PARAM_QUALITY]: brotliQuality, [BROTLI_PARAM_SIZE_HINT]: bytes.length } };
}

const gzip: Encoding = {
  name: "gzip",
  compress: bytes =>
    bytes.length <= syncInputBytes ? zlib.gzipSync(bytes, gzipOptions) : gzipAsync(bytes, gzipOptions),
  decompressShort: (bytes, limit) => decompressShort(bytes, limit, zlib.gunzipSync),
  shortWork: bytes => (bytes.length > syncInputBytes ? 0 : syncOutputBytes),
  decompressLong: (bytes, limit) => decompressLong(bytes, limit, gunzipAsync),
};

const brotli: Encoding = {
  name: "br",
  compress: bytes =>
    bytes.length <= syncInputBytes
      ? zlib.brotliCompressSync(bytes, brotliOptions(bytes))
      : brotliAsync(bytes, brotliOptions(bytes)),
  decompressShort: (bytes, limit) => decompressShort(bytes, limit, zlib.brotliDecompressSync),
  shortWork: bytes => (bytes.length > syncInputBytes ? 0 : Math.max(syncOutputBytes, brotliWindow(bytes))),
  decompressLong: (bytes, limit) => decompressLong(bytes, limit, unbrotliAsync),
};

/** The encodings served, in the order of preference. */
export const encodings: readonly Encoding[] = [gzip, brotli];

type Options = { readonly maxOutputLength: number; readonly chunkSize?: number };

function decompressShort(
  bytes: Uint8Array,
  limit: number,
  sync: (bytes: Uint8Array, options: Options) => Uint8Array,
): Uint8Array | undefined {
  if (bytes.length === 0) return bytes;
  if (bytes.length > syncInputBytes) return undefined;
  try {
    return sync(bytes, { maxOutputLength: Math.min(limit, syncOutputBytes) });
  } catch (error) {
    if (isTooLarge(error) && limit > syncOutputBytes) return undefined;
    throw decompressionError(error, limit);
  }
}

async function decompressLong(
  bytes: Uint8Array,
  limit: number,
  async: (bytes: Uint8Array, options: Options) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  try {
    return await async(bytes, { maxOutputLength: limit, chunkSize: longChunkBytes });
  } catch (error) {
    throw decompressionError(error, limit);
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof RangeError && (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
}

function decompressionError(error: unknown, limit: number): ConnectError {
  return isTooLarge(error)
    ? new ConnectError(
        `message is larger than configured readMaxBytes ${limit} after decompression`,
        Code.ResourceExhausted,
      )
    : new ConnectError("decompression failed", Code.InvalidArgument, undefined, undefined, error);
}
