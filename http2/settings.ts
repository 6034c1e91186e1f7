import { ConnectionError, defaultWindow, ErrorCode, maxFrameBytes, maxInt31 } from "./frames.ts";

/** Settings, RFC 9113 section 6.5.2. Others are ignored. */
export const SettingId = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

/** Entries of one SETTINGS frame (CVE-2020-11080). */
const maxEntries = 32;

/** What the peer has set. Frames longer than the least everyone takes are not sent, so its MAX_FRAME_SIZE is checked alone. */
export class PeerSettings {
  headerTableSize = 4_096;
  /** Streams that we may have open. gRPC's clients assume as many until they are told. */
  maxStreams = 100;
  initialWindow = defaultWindow;
  maxHeaderListSize = Number.POSITIVE_INFINITY;
  #lastFields: readonly string[] | undefined = undefined;
  #lastBytes = 0;

  /**
   * Applies the entries of a SETTINGS frame in their order (section 6.5.3). Calls `onWindow` with each change of the
   * streams' windows. Throws a `ConnectionError` at a value out of range.
   */
  apply(entries: Buffer, onWindow: (difference: number) => void): void {
    if (entries.length > maxEntries * 6) {
      throw new ConnectionError(ErrorCode.enhanceYourCalm, `SETTINGS has more than ${maxEntries} entries`);
    }
    for (let at = 0; at < entries.length; at += 6) {
      this.#set(entries.readUInt16BE(at), entries.readUInt32BE(at + 2), onWindow);
    }
  }

  #set(id: number, value: number, onWindow: (difference: number) => void): void {
    switch (id) {
      case SettingId.headerTableSize:
        this.headerTableSize = value;
        break;
      case SettingId.enablePush:
        if (value > 1) throw outOfRange("ENABLE_PUSH", value, "0 or 1");
        break;
      case SettingId.maxConcurrentStreams:
        this.maxStreams = value;
        break;
      case SettingId.initialWindowSize:
        if (value > maxInt31) {
          throw new ConnectionError(ErrorCode.flowControlError, `INITIAL_WINDOW_SIZE ${value} exceeds ${maxInt31}`);
        }
        onWindow(value - this.initialWindow);
        this.initialWindow = value;
        break;
      case SettingId.maxFrameSize:
        if (value < maxFrameBytes || value > 0xff_ffff) throw outOfRange("MAX_FRAME_SIZE", value, "16384 to 16777215");
        break;
      case SettingId.maxHeaderListSize:
        this.maxHeaderListSize = value;
        break;
    }
  }

  /** Whether the fields of a head are within the peer's limit (section 6.5.2: name, value and 32 bytes each). */
  allows(fields: readonly string[], more: readonly string[] | undefined): boolean {
    if (this.maxHeaderListSize === Number.POSITIVE_INFINITY) return true;
    const bytes = more === undefined ? 0 : listBytes(more);
    // Most replies begin with the same list.
    if (fields === this.#lastFields) return bytes + this.#lastBytes <= this.maxHeaderListSize;
    const first = listBytes(fields);
    if (Object.isFrozen(fields)) {
      this.#lastFields = fields;
      this.#lastBytes = first;
    }
    return bytes + first <= this.maxHeaderListSize;
  }
}

function listBytes(fields: readonly string[]): number {
  let bytes = fields.length * 16;
  for (const part of fields) bytes += part.length;
  return bytes;
}

function outOfRange(name: string, value: number, range: string): ConnectionError {
  return new ConnectionError(ErrorCode.protocolError, `${name} is ${value}, not ${range}`);
}

/** The payload of a SETTINGS frame. */
export function settingsPayload(entries: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(entries.length * 6);
  for (const [index, [id, value]] of entries.entries()) {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  }
  return payload;
}
