import { writeInteger } from "./integers.ts";
import { changingNameCount, type KnownName, knownName, staticIndex } from "./known-fields.ts";
import { writeName, writeString } from "./literals.ts";
import { staticEntries } from "./static-table.ts";
import { entryOverhead } from "./table.ts";

/** The table that both sides start with (RFC 9113 section 6.5.2), and the most we use of a larger one (h2#941). */
const tableSize = 4096;

/** So many entries keep every index in one octet (RFC 7541 section 5.1). */
const maxEntries = 0x7f - 1 - staticEntries;

/** The first octet of each representation, and the mask of its index (RFC 7541 section 6). */
const indexed = 0x80;
const inserted = 0x40;
const insertedMask = 0x3f;
const sizeUpdate = 0x20;
const sizeUpdateMask = 0x1f;
const neverIndexed = 0x10;
const notIndexed = 0;
const notInsertedMask = 0x0f;

/** Octets that a field takes beside its name and value: a first octet, and two lengths of five at most. */
const fieldOverhead = 11;

/** Octets of the size updates in front of a block: 0, and 4,096 again. */
const updatesLength = 4;

/** Frozen lists whose plan a connection keeps; with more of them it starts anew. */
const maxPlans = 64;

/** In a plan: up to 61 an index of the static table, 0 a literal, from here on the number of an entry. */
const entryBase = staticEntries + 1;

/** How a list is encoded again. */
interface Plan {
  /** By field, see {@link entryBase}. An array: for so few a typed one takes three times the memory. */
  readonly steps: readonly number[];
  /** The most octets it takes. */
  readonly maxLength: number;
}

const noFields: readonly string[] = Object.freeze([]);
const noUpdates: readonly number[] = Object.freeze([]);

/**
 * Encodes the field blocks of one connection (RFC 7541), each of which must be sent, in the order they were encoded.
 *
 * It inserts and never evicts: an entry, once there, keeps its number, and no block needs a search. What is inserted are
 * the fields of frozen lists, as these are sent again, and the names of fields that change with each message. A head is
 * a frozen list and a few fields behind it; neither is hashed or glued. Strings are not Huffman-coded: what is sent often
 * is an index, and of the rest a code would save a fifth for more than its copy costs.
 *
 * Names are lower-case, names and values an octet a character; both must have been checked.
 */
export class HpackEncoder {
  /** Names and values of the entries in turn, by their number, which counts from 1. */
  #entries = noFields;
  #size = 0;
  /** By {@link KnownName.id} the number of the entry that has the name; 0 if there is none. */
  #nameEntries: number[] | undefined = undefined;
  /** The plans of all lists, once there are more than two. */
  #plans: Map<readonly string[], Plan> | undefined = undefined;
  /** The two lists used last, head and trailers, and their plans: they spare most messages, and connections, the map. */
  #lastList: readonly string[] | undefined;
  #lastPlan: Plan | undefined;
  #priorList: readonly string[] | undefined;
  #priorPlan: Plan | undefined;
  #usesTable = true;
  #updates = noUpdates;

  /**
   * Takes the SETTINGS_HEADER_TABLE_SIZE of the peer, which defaults to 4,096. The next block begins with the size updates
   * that are due, needed or not (RFC 9113 section 4.3.1). With less than 4,096 bytes the table is left alone.
   */
  setPeerTableSize(size: number): void {
    if (size >= tableSize) {
      if (this.#usesTable) return;
      this.#updates = [...this.#updates, tableSize];
    } else {
      if (!this.#usesTable) return;
      // A size that was to come back has not: the peer was told neither.
      this.#updates = [0];
    }
    this.#usesTable = size >= tableSize;
    this.#entries = noFields;
    this.#size = 0;
    this.#nameEntries = undefined;
    this.forgetPlans();
  }

  /** Lets go of what only spares time. The next block of each list is planned anew. */
  forgetPlans(): void {
    this.#plans = undefined;
    this.#lastList = undefined;
    this.#lastPlan = undefined;
    this.#priorList = undefined;
    this.#priorPlan = undefined;
  }

  /** How many entries there are. */
  get #count(): number {
    return this.#entries.length >> 1;
  }

  /** The most octets that a list of fields takes; for a head in parts, add up its parts. */
  maxLength(fields: readonly string[]): number {
    if (fields === this.#lastList) return (this.#lastPlan as Plan).maxLength;
    if (fields === this.#priorList) return (this.#priorPlan as Plan).maxLength;
    let length = updatesLength + (fields.length / 2) * fieldOverhead;
    for (let i = 0; i < fields.length; i++) length += (fields[i] as string).length;
    return length;
  }

  /**
   * Encodes a list of names and values in turn, and returns the offset behind it. `into` has room for {@link maxLength}.
   *
   * A frozen list is taken for one that is sent again: its fields go into the table, and how to encode it is kept by its
   * identity.
   */
  encode(fields: readonly string[], into: Buffer, offset: number): number {
    if (this.#updates.length > 0) offset = this.#writeUpdates(into, offset);
    const plan = this.#planOf(fields);
    if (plan !== undefined) return this.#encodePlanned(fields, plan.steps, into, offset);
    if (Object.isFrozen(fields)) return this.#encodeFirst(fields, into, offset);
    for (let i = 0; i < fields.length; i += 2) {
      offset = this.encodeField(fields[i] as string, fields[i + 1] as string, into, offset);
    }
    return offset;
  }

  /** Encodes a field of this message alone, behind a list or by itself; returns the offset behind it. */
  encodeField(name: string, value: string, into: Buffer, offset: number): number {
    if (this.#updates.length > 0) offset = this.#writeUpdates(into, offset);
    const known = knownName(name);
    const index = known === undefined ? 0 : staticIndex(known, value);
    if (index === 0) return this.#writeLiteral(name, known, value, into, offset);
    into[offset] = indexed | index;
    return offset + 1;
  }

  #planOf(list: readonly string[]): Plan | undefined {
    if (list === this.#lastList) return this.#lastPlan;
    const plan = list === this.#priorList ? this.#priorPlan : this.#plans?.get(list);
    if (plan !== undefined) this.#usedLast(list, plan);
    return plan;
  }

  #usedLast(list: readonly string[], plan: Plan): void {
    this.#priorList = this.#lastList;
    this.#priorPlan = this.#lastPlan;
    this.#lastList = list;
    this.#lastPlan = plan;
  }

  #encodePlanned(fields: readonly string[], plan: readonly number[], into: Buffer, offset: number): number {
    // The newest entry has the lowest index (RFC 7541 section 2.3.3).
    const newest = entryBase + entryBase + this.#count;
    for (let i = 0; i < plan.length; i++) {
      const step = plan[i] as number;
      if (step > entryBase) into[offset++] = indexed | (newest - step);
      else if (step > 0) into[offset++] = indexed | step;
      else {
        const name = fields[2 * i] as string;
        offset = this.#writeLiteral(name, knownName(name), fields[2 * i + 1] as string, into, offset);
      }
    }
    return offset;
  }

  /** Encodes a frozen list for the first time, and plans how to do so again. */
  #encodeFirst(fields: readonly string[], into: Buffer, offset: number): number {
    const plan = new Array<number>(fields.length / 2).fill(0);
    for (let i = 0; i < plan.length; i++) {
      const name = fields[2 * i] as string;
      const value = fields[2 * i + 1] as string;
      const known = knownName(name);
      const index = known === undefined ? 0 : staticIndex(known, value);
      const entry = this.#entryOf(name, value);
      if (index > 0) plan[i] = index;
      else if (entry > 0) plan[i] = entryBase + entry;
      else if (!known?.neverIndexed && this.#insert(name, value)) {
        plan[i] = entryBase + this.#count;
        offset = writeName(name, known?.index ?? 0, inserted, insertedMask, into, offset);
        offset = writeString(value, into, offset);
        continue;
      }
      offset = this.#encodePlanned(fields.slice(2 * i, 2 * i + 2), plan.slice(i, i + 1), into, offset);
    }
    this.#keep(fields, { steps: plan, maxLength: this.maxLength(fields) });
    return offset;
  }

  #keep(list: readonly string[], plan: Plan): void {
    if (this.#plans?.size === maxPlans) this.forgetPlans();
    if (this.#priorList !== undefined) {
      this.#plans ??= new Map([
        [this.#priorList, this.#priorPlan as Plan],
        [this.#lastList as readonly string[], this.#lastPlan as Plan],
      ]);
    }
    this.#plans?.set(list, plan);
    this.#usedLast(list, plan);
  }

  /** The number of the entry of a field; 0 if there is none. */
  #entryOf(name: string, value: string): number {
    const entries = this.#entries;
    for (let at = 0; at < entries.length; at += 2) {
      if (entries[at] === name && entries[at + 1] === value) return at / 2 + 1;
    }
    return 0;
  }

  /** A literal (RFC 7541 section 6.2), not indexed unless its name is to be found again. */
  #writeLiteral(name: string, known: KnownName | undefined, value: string, into: Buffer, offset: number): number {
    const id = known?.id ?? -1;
    if (id < 0) {
      const flags = known?.neverIndexed ? neverIndexed : notIndexed;
      offset = writeName(name, known?.index ?? 0, flags, notInsertedMask, into, offset);
    } else {
      const entry = this.#nameEntries?.[id] ?? 0;
      if (entry > 0) {
        const index = entryBase + this.#count - entry;
        offset = writeInteger(into, offset, notIndexed, notInsertedMask, index);
      } else if (this.#insert(name, value)) {
        this.#nameEntries ??= new Array<number>(changingNameCount).fill(0);
        this.#nameEntries[id] = this.#count;
        offset = writeName(name, 0, inserted, insertedMask, into, offset);
      } else offset = writeName(name, 0, notIndexed, notInsertedMask, into, offset);
    }
    return writeString(value, into, offset);
  }

  /** Takes note of an entry that is about to be written; returns false if the table takes no more. */
  #insert(name: string, value: string): boolean {
    const size = name.length + value.length + entryOverhead;
    if (!this.#usesTable || this.#count === maxEntries || this.#size + size > tableSize) return false;
    // With room for no more: entries are few, and soon they are all there.
    this.#entries = this.#entries.concat(name, value);
    this.#size += size;
    return true;
  }

  #writeUpdates(into: Buffer, offset: number): number {
    for (const size of this.#updates) offset = writeInteger(into, offset, sizeUpdate, sizeUpdateMask, size);
    this.#updates = noUpdates;
    return offset;
  }
}
