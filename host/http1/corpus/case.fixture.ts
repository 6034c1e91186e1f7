import { path } from "../fast-path.fixture.ts";

/** What must become of the bytes of a case, octet by octet. */
export interface Judgement {
  /** Requests that the fast path takes; they are the first. */
  readonly fast: number;
  /** Requests behind them that node:http serves. */
  readonly handed: number;
  /** Whether node:http refuses what comes then, with a status of 4xx. */
  readonly refused: boolean;
}

/** Bytes of a client, as Latin-1 text, and what must become of them. */
export interface Case extends Judgement {
  readonly group: string;
  readonly title: string;
  readonly text: string;
}

/** The fast path serves it as one request. */
export const fast: Judgement = { fast: 1, handed: 0, refused: false };
/** It is handed over, and node:http serves it as one request. */
export const handed: Judgement = { fast: 0, handed: 1, refused: false };
/** It is handed over, and node:http refuses it. */
export const refused: Judgement = { fast: 0, handed: 0, refused: true };
/** It is handed over, and node:http serves a request of it before it refuses the rest. */
export const thenRefused: Judgement = { fast: 0, handed: 1, refused: true };
/** It is handed over, and node:http waits for more. */
export const waits: Judgement = { fast: 0, handed: 0, refused: false };

/** Cases of one class that are judged alike. */
export function cases(group: string, judgement: Judgement, texts: readonly string[]): Case[] {
  return texts.map(text => ({ ...judgement, group, title: `${group}: ${JSON.stringify(text)}`, text }));
}

/** A POST with these lines behind its `host` and `content-type`. */
export function post(lines: readonly string[], body = ""): string {
  return `${[`POST ${path} HTTP/1.1`, "Host: a", "Content-Type: a/b", ...lines].join("\r\n")}\r\n\r\n${body}`;
}

/** A POST of two octets, its length stated before these lines. */
export function plain(...lines: readonly string[]): string {
  return post(["Content-Length: 2", ...lines], "{}");
}

/** A GET with these lines behind its `host`. */
export function get(...lines: readonly string[]): string {
  return `${[`GET ${path} HTTP/1.1`, "Host: a", ...lines].join("\r\n")}\r\n\r\n`;
}

/** All bytes of which none may be a part of a field value or of a request's target: controls but the tab, and DEL. */
export const controls = [...Array.from({ length: 0x20 }, (_, n) => n).filter(n => n !== 9), 0x7f].map(n =>
  String.fromCharCode(n),
);
