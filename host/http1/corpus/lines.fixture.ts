import { path } from "../fast-path.fixture.ts";
import { type Case, cases, controls, fast, get, handed, plain, post, refused } from "./case.fixture.ts";

/** A plain POST with another first line. */
function first(line: string): string {
  return plain().replace(`POST ${path} HTTP/1.1`, () => line);
}

function versions(texts: readonly string[]): string[] {
  return texts.map(text => first(`POST ${path} ${text}`));
}

function targets(method: "POST" | "GET", texts: readonly string[]): string[] {
  return texts.map(text => (method === "POST" ? plain() : get()).replace(path, () => text));
}

/** A GET whose query makes its head so many bytes. */
function getOf(length: number): string {
  const target = `${path}?message=`;
  return get().replace(path, () => target.padEnd(target.length + length - get().replace(path, target).length, "x"));
}

/** The first line, and where lines end: RFC 9112 sections 2.2 and 3. */
export const lines: readonly Case[] = [
  ...cases("plain", fast, [plain(), get(), post(["Content-Length: 0"])]),
  ...cases("empty lines in front", handed, [
    `\r\r\n${plain()}`,
    `\r\n${plain()}`,
    `\r\n\r\n${plain()}`,
    `\r\n${get()}`,
    `\n${plain()}`,
  ]),
  ...cases("other octets in front", refused, [
    ...[" ", "\t", "\0", "\x0b", "\xef\xbb\xbf", "\xff", "0\r\n\r\n", "{}", ":"].map(text => text + plain()),
  ]),
  ...cases("other versions that node:http serves", handed, versions(["HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "RTSP/1.0"])),
  ...cases(
    "no versions",
    refused,
    versions([
      ...["HTTP/1.2", "HTTP/1.9", "HTTP/2", "HTTP/3.0", "HTTP/9.9", "HTTP/10.1", "HTTP/1.10"],
      ...[
        "HTTP/1.",
        "HTTP/.1",
        "HTTP/1",
        "HTTP/",
        "HTTP",
        "HTTP/1,1",
        "HTTP/1.1a",
        "HTTP/1.1.1",
        "HTTP/01.1",
        "HTTP/1.01",
      ],
      ...["HTTP/-1.1", "HTTP/+1.1", "http/1.1", "Http/1.1", "HTTPS/1.1", "HTTP /1.1", "HTTP/ 1.1", "HTTP/1 .1"],
      ...["HTTP/1.1\0", "HTTP/1.1\x0b", "HTTP\\1.1", "ICE/1.0", "XTTP/1.1", "HTTP/1.1 HTTP/1.1", "HTTP/1.1,"],
      ...["HTTP/1.1\t", "HTTP/1.1 x"],
    ]),
  ),
  ...cases("no version, as in HTTP/0.9", handed, [`GET ${path}\r\n\r\n`, `POST ${path}\r\n\r\n`, "GET /\r\n\r\n"]),
  ...cases("a blank in the place of a version", refused, [`GET ${path} \r\n\r\n`]),
  ...cases("other methods", handed, [
    ...["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "PROPFIND", "QUERY"].map(method =>
      first(`${method} ${path} HTTP/1.1`),
    ),
  ]),
  ...cases("no methods", refused, [
    ...["post", "Post", "POSTS", "POS", "P", "", "P OST", "POST\0", "G\xcbT", "PO\x7fST", "GETPOST", "XPOST", "1"].map(
      method => first(`${method} ${path} HTTP/1.1`),
    ),
    first(`POST\t${path} HTTP/1.1`),
    first(`POST${path} HTTP/1.1`),
    first(`POST\x0b${path} HTTP/1.1`),
    first(`POST\r\n ${path} HTTP/1.1`),
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  ]),
  ...cases(
    "targets of a GET",
    fast,
    targets("GET", [`${path}?`, `${path}?a=/b?c`, `${path}?%00%0d%0a`, `${path}?a#b`]),
  ),
  ...cases(
    "queries of a call by GET",
    fast,
    targets("GET", [
      ...[
        "%7B%22id%22%3A%221%22%7D",
        '{"id":"1"}',
        "%7b%22id%22:+%22a+b%2Bc%22%7d",
        "%",
        "%z",
        "%zz",
        "%2",
        "%%32%35",
      ].map(message => `${path}?connect=v1&encoding=json&message=${message}`),
      ...["&", "&&a", "=", "=a", "a=b&a=c", "a==b", "%61=b", "a;b", "\\", "'", "<>", "^`|", "?connect=v1"].map(
        query => `${path}?${query}`,
      ),
    ]),
  ),
  ...cases("the longest target of a GET", fast, [getOf(16_384)]),
  ...cases("a target of a GET that is longer", handed, [getOf(16_385)]),
  ...cases("targets of a GET that are too long", refused, [getOf(17_000), getOf(100_000)]),
  ...cases("targets in other forms", handed, [
    ...targets("POST", [`http://a${path}`, `https://b:1${path}`, `HTTP://a${path}`, "/", "//", "/%2e%2e/", `/${path}`]),
    ...targets("POST", [
      `${path}?a`,
      `${path}#a`,
      `${path}/`,
      "/a.B/../a.B/C",
      "/a.B/%43",
      "/a.b/c",
      `http://a@b${path}`,
    ]),
    first("OPTIONS * HTTP/1.1"),
  ]),
  ...cases("targets that are none", refused, [
    ...targets("POST", ["", "a", "a.B/C", "?a", "#", "a:80", "http", "http:", "http:/", "://a/", "@a", "\\a"]),
    ...controls.filter(text => text !== "\n").map(text => targets("POST", [`${path}${text}`])[0] as string),
    ...targets("GET", [`${path}?a\0b`, `${path}?a b`, `${path}?a\tb`]),
  ]),
  ...cases("lines that end otherwise", refused, [
    plain().replace("HTTP/1.1\r\n", "HTTP/1.1\r"),
    plain().replace("HTTP/1.1\r\n", "HTTP/1.1\r\r\n"),
    plain().replace("Host: a\r\n", "Host: a\r"),
    plain().replace("Host: a\r\n", "Host: a\r\r\n"),
    plain().replace("Host: a\r\n", "Host: a\n"),
    plain().replace("Host: a\r\n", "Host: a\n\r"),
    plain().replace("\r\n\r\n", "\r\n\r"),
    plain().replace("\r\n\r\n", "\r\r\n\r\n"),
    plain().replace("\r\n\r\n", "\n\r\n"),
    plain().replace("\r\n\r\n", "\n\n"),
    plain().replaceAll("\r\n", "\n"),
    plain().replaceAll("\r\n", "\r"),
    plain().replaceAll("\r\n", "\n\r"),
  ]),
];
