import type { RequestHead } from "../../http2/request-head.ts";
import { HeadCache } from "./head-cache.ts";
import { findHeadEnd, foreign, parseHead, unfinished } from "./head-parser.ts";

/** Finds the heads of a connection's requests, and knows those again that were accepted before. */
export class HeadReader {
  readonly #scheme: "http" | "https";
  readonly #accepts: (head: RequestHead) => boolean;
  readonly #cache = new HeadCache();
  #searched = 0;
  /** Bytes of the head that was read last. */
  length = 0;

  /** `accepts` is asked once for heads that are alike. */
  constructor(scheme: "http" | "https", accepts: (head: RequestHead) => boolean) {
    this.#scheme = scheme;
    this.#accepts = accepts;
  }

  /** Whether a part of a head was read. */
  get isWaiting(): boolean {
    return this.#searched > 0;
  }

  /** Reads the head that the bytes begin with; they are those of the last time, and more, where that was unfinished. */
  read(bytes: Buffer): RequestHead | typeof unfinished | typeof foreign {
    const known = this.#cache.find(bytes);
    if (known !== undefined) {
      this.length = this.#cache.foundLength;
      this.#searched = 0;
      return known;
    }
    const end = findHeadEnd(bytes, this.#searched);
    if (end === foreign) return foreign;
    if (end === unfinished) {
      this.#searched = bytes.length;
      return unfinished;
    }
    const head = parseHead(bytes.toString("latin1", 0, end), this.#scheme);
    if (head === undefined || !this.#accepts(head)) return foreign;
    this.#cache.keep(bytes.subarray(0, end), head);
    this.length = end;
    this.#searched = 0;
    return head;
  }
}
