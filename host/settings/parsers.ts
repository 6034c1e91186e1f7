import { isIP } from "node:net";
import { socketPathOf } from "../listener/bind.ts";

/** A setting: its variable's name, its default, what it means, and how its text is read. */
export interface Variable<T> {
  readonly name: string;
  readonly default: string;
  readonly meaning: string;
  /** Throws a string that says what is allowed. */
  readonly parse: (text: string) => T;
}

/** Puts a setting together. */
export function variable<T>(name: string, preset: string, meaning: string, parse: (text: string) => T): Variable<T> {
  return { name, default: preset, meaning, parse };
}

/** A whole number in bounds. */
export function integer(min: number, max: number): (text: string) => number {
  return text => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw `a whole number from ${min} to ${max}`;
    return value;
  };
}

/** One of some words. */
export function oneOf<const T extends string>(...allowed: T[]): (text: string) => T {
  return text => {
    const value = allowed.find(name => name === text);
    if (value === undefined) throw `one of ${allowed.join(", ")}`;
    return value;
  };
}

/** `true` or `false`. */
export function boolean(text: string): boolean {
  return oneOf("true", "false")(text) === "true";
}

/** `true`, `false` or `auto`. */
export function booleanOrAuto(text: string): boolean | "auto" {
  return text === "auto" ? text : oneOf("true", "false", "auto")(text) === "true";
}

/** Bytes of a socket's path that every system takes: macOS has 104, with the byte after its end. */
const maxSocketPath = 103;

/** A host name, an IP address, or `unix:/path`. */
export function listenHost(text: string): string {
  if (!text.startsWith("unix:")) return host(text);
  const path = socketPathOf(text);
  if (path === undefined || Buffer.byteLength(path) > maxSocketPath) {
    throw `unix:/path with a path of up to ${maxSocketPath} bytes`;
  }
  return text;
}

/** A host name or an IP address. */
export function host(text: string): string {
  const label = /^(?!-)[a-z\d-]{1,63}(?<!-)$/i;
  if (isIP(text) === 0 && !text.split(".").every(part => label.test(part))) throw "a host name or an IP address";
  return text;
}

/** Milliseconds of the longest timer Node can set: 2^31 - 1, about 24 days. */
export const maxTimer = 2_147_483_647;
