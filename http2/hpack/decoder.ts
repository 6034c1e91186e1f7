import { BlockCache } from "./block-cache.ts";
import { HpackError } from "./hpack-error.ts";
import { huffmanDecode, mostDecoded } from "./huffman.ts";
import { Cursor, readInteger } from "./integers.ts";
import { staticEntries, staticNames, staticValues } from "./static-table.ts";
import { DynamicTable, entryOverhead } from "./table.ts";

/** What {@link HpackDecoder} holds blocks to. */
export interface HpackDecoderOptions {
  /** Bytes of the dynamic table: what we announce as SETTINGS_HEADER_TABLE_SIZE. Defaults to 4,096, the protocol's own. */
  readonly tableSize?: number;
  /** Bytes of a field list, each field as name, value and 32 (RFC 9113 section 6.5.2). Defaults to 16,384. */
  readonly maxListSize?: number;
  /** Fields of a list, `cookie` aside. Defaults to 64. */
  readonly maxFields?: number;
  /**
   * `cookie` fields of a list. Defaults to 128: clients split a cookie at each `;` (RFC 9113 section 8.2.3), so to count
   * them as fields breaks browsers, and not to count them is the header bomb (CVE-2026-49975).
   */
  readonly maxCrumbs?: number;
}

/** A field block as decoded. Blocks of the same bytes may share one object, which is frozen but for `head`. */
export interface DecodedBlock {
  /** Name, value, name, value…, an octet a character. Empty where the block is {@link tooLarge}. */
  readonly fields: readonly string[];
  /** Whether the list is above a limit. It was decoded for the table's sake alone. */
  readonly tooLarge: boolean;
  /** Whether it is above four times a limit. It was not decoded to its end, so the connection must end. */
  readonly farTooLarge: boolean;
  /** What was made of the fields, for whoever decodes the same bytes again; never set by the decoder. */
  head: unknown;
}

/** From this multiple of a limit on a block is no longer decoded: whoever sends such lists is out to cost us. */
const farTooLarge = 4;

/** Where Huffman-coded strings are decoded into, one at a time. Field blocks have 32 KiB at most, so it seldom grows. */
let scratch = Buffer.allocUnsafeSlow(16 * 1024);

const noFields: readonly string[] = Object.freeze([]);

/** What is decoded while nothing is. */
const noBlock: string[] = [];

/**
 * Decodes the field blocks of one connection (RFC 7541), in the order they came.
 *
 * Indexed fields share their strings with the tables. A block that repeats bytes of an earlier one is not decoded again.
 */
export class HpackDecoder {
  readonly #table: DynamicTable;
  readonly #tableSize: number;
  readonly #maxListSize: number;
  readonly #maxFields: number;
  readonly #maxCrumbs: number;
  readonly #cache = new BlockCache<DecodedBlock>();
  #fields = noBlock;
  #listSize = 0;
  #count = 0;
  #crumbs = 0;
  #tooLarge = false;
  #farTooLarge = false;
  /** Whether the block may be kept: fields that must never be indexed are kept in no table, so in no cache either. */
  #keeps = false;

  constructor({ tableSize = 4096, maxListSize = 16_384, maxFields = 64, maxCrumbs = 128 }: HpackDecoderOptions = {}) {
    this.#table = new DynamicTable(tableSize);
    this.#tableSize = tableSize;
    this.#maxListSize = maxListSize;
    this.#maxFields = maxFields;
    this.#maxCrumbs = maxCrumbs;
  }

  /**
   * Decodes a whole field block. The bytes are not kept.
   *
   * Throws an {@link HpackError} where no correct encoder wrote it. No other block may be decoded after that.
   */
  decode(block: Buffer): DecodedBlock {
    const { version } = this.#table;
    const cached = this.#cache.takes(block.length);
    const found = cached ? this.#cache.find(block, version) : undefined;
    if (found !== undefined) return found;
    this.#begin(cached);
    this.#read(new Cursor(block));
    const decoded: DecodedBlock = {
      fields: this.#tooLarge ? noFields : this.#fields,
      tooLarge: this.#tooLarge,
      farTooLarge: this.#farTooLarge,
      head: undefined,
    };
    this.#fields = noBlock;
    if (this.#keeps && !this.#tooLarge && this.#table.version === version) {
      Object.freeze(decoded.fields);
      this.#cache.keep(block, version, decoded);
    }
    return decoded;
  }

  /** Lets go of what only spares time: the next block is decoded, whatever came before. */
  forgetBlocks(): void {
    this.#cache.clear();
  }

  #begin(keeps: boolean): void {
    this.#fields = [];
    this.#listSize = 0;
    this.#count = 0;
    this.#crumbs = 0;
    this.#tooLarge = false;
    this.#farTooLarge = false;
    this.#keeps = keeps;
  }

  /** The representations of RFC 7541 section 6, told apart by the first bits of an octet. */
  #read(cursor: Cursor): void {
    const { bytes } = cursor;
    this.#readSizeUpdates(cursor);
    while (cursor.at < cursor.end && !this.#farTooLarge) {
      const first = bytes[cursor.at] as number;
      if (first >= 0x80) this.#readIndexed(cursor);
      else if (first >= 0x40) this.#readLiteral(cursor, 0x3f, true);
      else if (first >= 0x20) throw new HpackError("a table size update stands behind a field");
      else {
        if (first >= 0x10) this.#keeps = false;
        this.#readLiteral(cursor, 0x0f, false);
      }
    }
  }

  /**
   * Size updates stand in front of all fields, and are two at most: the lowest size since the last block and the one that
   * holds now (RFC 7541 section 4.2). None is above what we announced (section 6.3).
   */
  #readSizeUpdates(cursor: Cursor): void {
    for (let updates = 0; cursor.at < cursor.end; updates++) {
      const first = cursor.bytes[cursor.at] as number;
      if (first < 0x20 || first >= 0x40) return;
      if (updates === 2) throw new HpackError("a field block has more than two table size updates");
      const size = readInteger(cursor, 0x1f);
      if (size > this.#tableSize) throw new HpackError(`a table size of ${size} is above ${this.#tableSize}`);
      this.#table.resize(size);
    }
  }

  #readIndexed(cursor: Cursor): void {
    const index = readInteger(cursor, 0x7f);
    if (index <= staticEntries) {
      if (index === 0) throw new HpackError("an indexed field has index 0");
      this.#add(staticNames[index] as string, staticValues[index] as string);
      return;
    }
    this.#add(this.#nameAt(index), this.#table.valueAt(index) as string);
  }

  #readLiteral(cursor: Cursor, mask: number, inserts: boolean): void {
    const index = readInteger(cursor, mask);
    const name = index === 0 ? readString(cursor) : this.#nameAt(index);
    const value = readString(cursor);
    // The name may be the one of an entry that has to go for this one (RFC 7541 section 4.4).
    if (inserts) this.#table.insert(name, value);
    this.#add(name, value);
  }

  #nameAt(index: number): string {
    const name = index <= staticEntries ? staticNames[index] : this.#table.nameAt(index);
    if (name === undefined) throw new HpackError(`index ${index} is beyond both tables`);
    return name;
  }

  /** Adds a field to the list, as long as there is room. What it would take is counted on, up to four times the limits. */
  #add(name: string, value: string): void {
    this.#listSize += name.length + value.length + entryOverhead;
    if (name === "cookie") this.#crumbs++;
    else this.#count++;
    if (this.#exceeds(1)) {
      this.#tooLarge = true;
      this.#farTooLarge = this.#exceeds(farTooLarge);
    } else this.#fields.push(name, value);
  }

  #exceeds(times: number): boolean {
    return (
      this.#listSize > times * this.#maxListSize ||
      this.#count > times * this.#maxFields ||
      this.#crumbs > times * this.#maxCrumbs
    );
  }
}

/** Reads a string literal (RFC 7541 section 5.2). */
function readString(cursor: Cursor): string {
  const { bytes, end } = cursor;
  const huffman = cursor.at < end && (bytes[cursor.at] as number) >= 0x80;
  const length = readInteger(cursor, 0x7f);
  const start = cursor.at;
  if (length > end - start) throw new HpackError("a string is longer than its field block");
  cursor.at += length;
  if (!huffman) return bytes.toString("latin1", start, cursor.at);
  const most = mostDecoded(length) + 1;
  if (most > scratch.length) scratch = Buffer.allocUnsafeSlow(2 * most);
  return scratch.toString("latin1", 0, huffmanDecode(bytes, start, cursor.at, scratch));
}
