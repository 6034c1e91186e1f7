import { ConnectionError, ErrorCode, FrameType } from "./frames.ts";

/** CONTINUATION frames of one header block, as nghttp2 has it. */
export const maxContinuations = 8;

const none: readonly Buffer[] = Object.freeze([]);

/** A header block that came in several frames, RFC 9113 section 4.3. Nothing may come in between. */
export class HeaderBlock {
  /** The stream whose block is open; 0 while none is. */
  id = 0;
  endStream = false;
  readonly #maxBytes: number;
  #fragments = none;
  #bytes = 0;

  /** A block of more than `maxBytes`, before it is decoded, ends the connection. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Opens a block by a HEADERS frame without END_HEADERS. */
  begin(id: number, endStream: boolean, fragment: Buffer): void {
    this.id = id;
    this.endStream = endStream;
    this.#fragments = [fragment];
    this.#bytes = fragment.length;
  }

  /** Throws unless this frame may come now: RFC 9113 sections 5.5, 6.2 and 6.10. */
  checkNext(type: number, id: number): void {
    if (this.id === 0) {
      if (type !== FrameType.continuation) return;
      throw new ConnectionError(ErrorCode.protocolError, "CONTINUATION follows no open header block");
    }
    if (type !== FrameType.continuation || id !== this.id) {
      throw new ConnectionError(ErrorCode.protocolError, `the header block of stream ${this.id} is interrupted`);
    }
  }

  /** Adds a CONTINUATION frame's fragment. */
  add(fragment: Buffer, last: boolean): void {
    if (fragment.length === 0 && !last) {
      throw new ConnectionError(ErrorCode.enhanceYourCalm, "a CONTINUATION frame is empty and not the last");
    }
    if (this.#fragments.length > maxContinuations) {
      throw new ConnectionError(
        ErrorCode.enhanceYourCalm,
        `a header block exceeds ${maxContinuations} CONTINUATION frames`,
      );
    }
    this.#bytes += fragment.length;
    if (this.#bytes > this.#maxBytes) {
      throw new ConnectionError(ErrorCode.enhanceYourCalm, `a header block exceeds ${this.#maxBytes} bytes`);
    }
    this.#fragments = [...this.#fragments, fragment];
  }

  /** Closes the block and returns it whole. */
  take(): Buffer {
    const block = Buffer.concat(this.#fragments, this.#bytes);
    this.#fragments = none;
    this.id = 0;
    return block;
  }
}
