import { inspect } from "node:util";

/** Header fields as Node holds them: lower-case names, `set-cookie` as an array, everything else joined. */
export type Fields = Record<string, string | string[] | undefined>;

/** RFC 9110 section 5.6.2, a token. */
const validName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Control characters and what is not a byte have no place in a field value. */
const invalidValue = /[\0\r\n]|[^\0-\xff]/;
const surroundingBlanks = /^[\t\n\r ]+|[\t\n\r ]+$/g;

/**
 * Call metadata: a web `Headers` to services and interceptors, and to the lane an object Node writes as it is.
 *
 * A view of the fields it was given until it is first changed, so a call that looks at no metadata pays for none; the
 * given object is never written to. HTTP/2 pseudo-headers are hidden.
 */
export class Metadata implements Headers {
  #fields: Fields;
  #owned = false;

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  /** The fields for Node; not to be changed. */
  get fields(): Fields {
    return this.#fields;
  }

  get(name: string): string | null {
    const value = this.#fields[lowerCase(name)];
    if (typeof value === "string") return value;
    return Array.isArray(value) ? value.join(", ") : null;
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  set(name: string, value: string): void {
    this.#own()[lowerCase(name)] = fieldValue(name, value);
  }

  append(name: string, value: string): void {
    const key = lowerCase(name);
    const added = fieldValue(name, value);
    const fields = this.#own();
    const old = fields[key];
    if (key === "set-cookie") fields[key] = [...asArray(old), added];
    else fields[key] = old === undefined ? added : `${asArray(old).join(", ")}, ${added}`;
  }

  delete(name: string): void {
    const key = lowerCase(name);
    if (key in this.#fields) delete this.#own()[key];
  }

  getSetCookie(): string[] {
    return [...asArray(this.#fields["set-cookie"])];
  }

  forEach(callback: (value: string, key: string, parent: Headers) => void, thisArg?: unknown): void {
    for (const [key, value] of this.entries()) callback.call(thisArg, value, key, this);
  }

  *entries(): HeadersIterator<[string, string]> {
    for (const key of Object.keys(this.#fields).sort()) {
      const value = this.#fields[key];
      if (key.startsWith(":") || value === undefined) continue;
      if (typeof value === "string") yield [key, value];
      else if (key === "set-cookie") for (const cookie of value) yield [key, cookie];
      else yield [key, String(Array.isArray(value) ? value.join(", ") : value)];
    }
  }

  *keys(): HeadersIterator<string> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): HeadersIterator<string> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): HeadersIterator<[string, string]> {
    return this.entries();
  }

  [inspect.custom](): unknown {
    return Object.fromEntries(this.entries());
  }

  #own(): Fields {
    if (!this.#owned) {
      // With a prototype, as V8 makes a hash table of an object without one; what is inherited is no string.
      this.#fields = { ...this.#fields };
      this.#owned = true;
    }
    return this.#fields;
  }
}

/** Appends all fields to others. */
export function appendAll(target: Headers, fields: Headers): void {
  for (const [name, value] of fields) target.append(name, value);
}

type HeadersIterator<T> = ReturnType<Headers["entries"]> extends Iterator<infer _> ? HeadersIterable<T> : never;
type HeadersIterable<T> = Generator<T, undefined, unknown>;

// `instanceof Headers` holds, as services and libraries may ask, without the cost of constructing one.
Object.setPrototypeOf(Metadata.prototype, Headers.prototype);

/** Names as they are asked for, over and over; the bound keeps made-up ones from filling memory. */
const lowerCaseNames = new Map<string, string>();
const maxNames = 1000;

function lowerCase(name: string): string {
  const known = lowerCaseNames.get(name);
  if (known !== undefined) return known;
  if (!validName.test(name)) throw new TypeError(`"${name}" is no header name`);
  const lower = name.toLowerCase();
  if (lowerCaseNames.size < maxNames) lowerCaseNames.set(name, lower);
  return lower;
}

function fieldValue(name: string, value: string): string {
  if (typeof value === "string" && isPlain(value)) return value;
  const text = String(value).replace(surroundingBlanks, "");
  if (invalidValue.test(text))
    throw new TypeError(`the value of header "${name}" holds a character that headers cannot`);
  return text;
}

/** Short, printable and without blanks: for most values a loop is cheaper than two regular expressions. */
function isPlain(value: string): boolean {
  if (value.length > 64) return false;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code <= 0x20 || code >= 0x7f) return false;
  }
  return true;
}

function asArray(value: string | string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
