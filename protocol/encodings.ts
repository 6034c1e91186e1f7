import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { Code, ConnectError } from "@connectrpc/connect";
import { limitConcurrency } from "./concurrency.ts";

/** Messages shorter than this are not worth compressing. */
export const compressMinBytes = 1024;

/** Up to here zlib's own call is cheaper than a trip to the thread pool, and holds the loop for well under a millisecond. */
const syncInputBytes = 16 * 1024;
/** Where a short input inflates past this, the thread pool takes over. */
const syncOutputBytes = 64 * 1024;
/**
 * zlib's defaults, 6 and 8, are made for files, too: a message of 10 KB takes three times as long, and is a tenth smaller.
 * What a smaller memory level saves is the time to clear it.
 */
const gzipOptions = { level: 3, memLevel: 7 };
/** Brotli's default of 11 is made for files: it takes milliseconds for what 4 does in microseconds, and gains little. */
const brotliQuality = 4;

/**
 * Messages that the thread pool inflates at a time: at most as many as it has threads by default, and a core is left to the
 * event loop, which a few hundred bombs would slow down for all callers. zlib comes back after each 16 KB, so that without
 * a bound all messages grow at once, and a few hundred connections with a few KB each fill the memory.
 */
const inflate = limitConcurrency(Math.min(4, Math.max(1, availableParallelism() - 1)));

type Bytes = Uint8Array | Promise<Uint8Array>;

/** A way to compress messages. Short ones are done at once, long ones in the thread pool. */
export interface Encoding {
  readonly name: "gzip" | "br";
  compress(bytes: Uint8Array): Bytes;
  /** Throws RESOURCE_EXHAUSTED above `limit` bytes, INVALID_ARGUMENT where the data is corrupt. */
  decompress(bytes: Uint8Array, limit: number): Bytes;
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
  decompress: (bytes, limit) => decompress(bytes, limit, zlib.gunzipSync, gunzipAsync),
};

const brotli: Encoding = {
  name: "br",
  compress: bytes =>
    bytes.length <= syncInputBytes
      ? zlib.brotliCompressSync(bytes, brotliOptions(bytes))
      : brotliAsync(bytes, brotliOptions(bytes)),
  decompress: (bytes, limit) => decompress(bytes, limit, zlib.brotliDecompressSync, unbrotliAsync),
};

/** The encodings served, in the order of preference. */
export const encodings: readonly Encoding[] = [gzip, brotli];

type Options = { readonly maxOutputLength: number };

function decompress(
  bytes: Uint8Array,
  limit: number,
  sync: (bytes: Uint8Array, options: Options) => Uint8Array,
  async: (bytes: Uint8Array, options: Options) => Promise<Uint8Array>,
): Bytes {
  if (bytes.length === 0) return bytes;
  if (bytes.length <= syncInputBytes) {
    try {
      return sync(bytes, { maxOutputLength: Math.min(limit, syncOutputBytes) });
    } catch (error) {
      if (!isTooLarge(error) || limit <= syncOutputBytes) throw decompressionError(error, limit);
    }
  }
  return inflate(() => async(bytes, { maxOutputLength: limit })).catch(error => {
    throw decompressionError(error, limit);
  });
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
