import { path } from "../fast-path.fixture.ts";
import { type Case, cases, controls, fast, get, handed, plain, refused } from "./case.fixture.ts";

/** A plain POST with another host; no line of it at all where there is none. */
function host(line: string): string {
  return plain().replace("Host: a\r\n", () => line);
}

const delimiters = [...' "(),/;<=>?@[\\]{}'];

/** Fields: RFC 9110 section 5, RFC 9112 sections 3.2 and 5. */
export const fields: readonly Case[] = [
  ...cases("names", fast, [
    ...[..."!#$%&'*+-.^_`|~09azAZ"].map(text => plain(`x${text}: y`)),
    plain("X:"),
    plain("X: "),
    plain("X:y"),
    plain("X:   y   "),
    plain("X: a:b: c"),
    plain("X: ,;\"'"),
    plain("HTTP2-Settings: AA"),
    plain("hasOwnProperty: y"),
    plain("toString: y"),
  ]),
  ...cases("names that are none", refused, [
    ...delimiters.map(text => plain(`x${text}z: y`)),
    ...controls.filter(text => text !== "\n" && text !== "\r").map(text => plain(`x${text}z: y`)),
    ...["\x80", "\xa0", "\xff", "\t"].map(text => plain(`x${text}z: y`)),
    ...["X : y", "X\t: y", " X: y", "\tX: y", ": y", ":", "X", "X y", "X\r\n : y", "X\0: y", "\0X: y"].map(line =>
      plain(line),
    ),
    ...["Host : a", "Content-Length : 2", "Content-Type : a/b", " Content-Length: 3"].map(line => plain(line)),
  ]),
  ...cases("a name in the first place that begins with a blank", refused, [
    host(" Host: a\r\n"),
    host("\tHost: a\r\n"),
    host(" X: y\r\nHost: a\r\n"),
    host("\r\nHost: a\r\n").replace("\r\n\r\n", "\r\n \r\n"),
  ]),
  ...cases("values with what is no text", refused, [
    ...controls.filter(text => text !== "\n").map(text => plain(`x: a${text}b`)),
    ...controls.filter(text => text !== "\n" && text !== "\r").map(text => plain(`x: ${text}`)),
  ]),
  ...cases("values that are not ASCII, or hold tabs", handed, [
    ...["\x80", "\xa0", "\xc3\xbc", "\xff", "\t", "a\tb", "\ta", "a\t"].map(text => plain(`x: ${text}z`)),
  ]),
  ...cases("folded lines", refused, [
    plain("X: a", " b"),
    plain("X: a", "\tb"),
    plain("X:", " b"),
    plain("X: a", " "),
    plain("X: a", " b", " c"),
    plain("X: a", " Content-Length: 3"),
    get("X: a", " b"),
  ]),
  ...cases("hosts", fast, [
    ...["Host: a.b:80", "host: a", "HOST: a", "Host:a", "Host: [::1]:80", "Host: 127.0.0.1"].map(line =>
      host(`${line}\r\n`),
    ),
  ]),
  ...cases("hosts that are none", handed, [
    ...["Host: a/b", "Host: a@b", "Host: ", "Host:", "Host: a b", "Host: http://a", "Host: a,b c", "Host: a?b"].map(
      line => host(`${line}\r\n`),
    ),
  ]),
  ...cases("two hosts", handed, [plain("Host: a"), plain("host: b"), host("Host: a\r\nX: y\r\nHOST: a\r\n")]),
  ...cases("no host", refused, [host(""), `GET ${path} HTTP/1.1\r\n\r\n`, host("Hos: a\r\n")]),
  ...cases("names twice", handed, [
    plain("X: a", "X: b"),
    plain("X: a", "x: a"),
    plain("Content-Type: c/d"),
    plain("Cookie: a", "Cookie: b"),
    get("Accept: a", "accept: b"),
  ]),
  ...cases("connections", fast, [
    plain("Connection: keep-alive"),
    plain("connection: KEEP-ALIVE"),
    get("Connection: Keep-Alive"),
  ]),
  ...cases("other connections", handed, [
    ...["close", "Close", "close, keep-alive", "x", "keep-alive, close", "", "te", "content-length"].map(value =>
      plain(`Connection: ${value}`),
    ),
  ]),
  ...cases("what speaks of the connection or of what is to come", handed, [
    ...["Expect: 100-continue", "TE: trailers", "Trailer: x", "Keep-Alive: timeout=5"].map(line => plain(line)),
    ...["Upgrade: h2c", "Proxy-Connection: keep-alive", "Origin: null"].map(line => plain(line)),
    plain("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"),
  ]),
  ...cases("long ones", fast, [plain(`X: ${"y".repeat(8_000)}`), plain(`${"x".repeat(8_000)}: y`)]),
  ...cases("too long ones", refused, [
    plain(`X: ${"y".repeat(17_000)}`),
    plain(`${"x".repeat(17_000)}: y`),
    plain().replace(path, `/${"x".repeat(17_000)}`),
    get().replace(path, `${path}?${"x".repeat(17_000)}`),
    `${"P".repeat(17_000)} ${path} HTTP/1.1\r\n\r\n`,
  ]),
];
