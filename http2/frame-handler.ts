/** Is told of each frame that keeps the rules of its own form. What state streams are in, is for the handler to know. */
export interface FrameHandler {
  /** A DATA frame begins. `length` is its payload with padding, which counts on the windows (RFC 9113 section 6.9.1). */
  dataStarted(id: number, length: number, endStream: boolean): void;
  /** A part of that frame's data, without padding. */
  data(chunk: Buffer): void;
  dataEnded(): void;
  /** A whole header block, with its CONTINUATION frames. */
  headers(id: number, block: Buffer, endStream: boolean): void;
  priority(): void;
  reset(id: number, code: number): void;
  /** SETTINGS without ACK: entries of 6 bytes. */
  settings(entries: Buffer): void;
  settingsAcknowledged(): void;
  /** Eight bytes. */
  ping(payload: Buffer, ack: boolean): void;
  goaway(lastId: number, code: number, text: Buffer): void;
  windowUpdate(id: number, increment: number): void;
  /** A frame of a type that is not known. */
  unknown(): void;
}
