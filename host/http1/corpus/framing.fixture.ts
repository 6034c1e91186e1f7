import { type Case, cases, fast, get, handed, plain, post, refused, thenRefused, waits } from "./case.fixture.ts";

const chunks = "2\r\n{}\r\n0\r\n\r\n";
const chunked = "Transfer-Encoding: chunked";

function lengths(values: readonly string[]): string[] {
  return values.map(value => post([`Content-Length:${value}`], "{}"));
}

function encodings(lines: readonly string[]): string[] {
  return lines.map(line => post([line], chunks));
}

function bodies(texts: readonly string[]): string[] {
  return texts.map(text => post([chunked], text));
}

/** How a body's end is found: RFC 9112 sections 6 and 7, RFC 9110 section 8.6. */
export const framing: readonly Case[] = [
  ...cases("a length", fast, lengths([" 2", "2", "   2  ", " 02", " 0000000002"])),
  ...cases("a length of more digits than are known", handed, lengths([" 00000000002", ` ${"0".repeat(200)}2`])),
  ...cases("a length behind a tab, or before one", handed, lengths(["\t2", " 2\t", " \t 2"])),
  ...cases(
    "a length that is no number",
    refused,
    lengths([
      ...[" +2", " -2", " -0", " - 2", " 0x2", " 0b10", " 2e0", " 2.0", " 2;", ' "2"', " '2'", " 2a", " a2", " \xb2"],
      ...[" 2 2", " 2,2", " 2, 2", " ,2", " 2,", " 2, 3", " 0, 2", " 2\x0b", " \x0b2", " \x0c2", " 2\x0c", " 2\0"],
      ...[" \u00002", " \r2", " 2\r", " \n2", "\r\n 2", " 1\r\n 2", " 0_2", " two", " NaN", " Infinity", " %32"],
      ...[" 99999999999999999999", " 18446744073709551616", " 18446744073709551618", ` ${"9".repeat(300)}`],
      ...["", " ", "   "],
    ]),
  ),
  ...cases("more than one length", refused, [
    plain("Content-Length: 2"),
    plain("content-length: 2"),
    plain("Content-Length: 0"),
    plain("CONTENT-LENGTH: 3"),
    plain("X: y", "Content-Length: 20"),
    post(["Content-Length: 0", "Content-Length: 2"], "{}"),
    get("Content-Length: 0", "Content-Length: 0"),
  ]),
  ...cases("a GET with a length", handed, [get("Content-Length: 0"), `${get("Content-Length: 2")}{}`]),
  ...cases("no length", handed, [post([]), post(["X: y"])]),
  ...cases("no length, and a body", thenRefused, [post([], "{}"), post([], chunks), post(["Content_Length: 2"], "{}")]),
  ...cases("chunks", handed, [
    ...encodings([chunked, "transfer-encoding: chunked", "Transfer-Encoding:chunked", "TRANSFER-ENCODING: CHUNKED"]),
    ...encodings(["Transfer-Encoding: Chunked", "Transfer-Encoding:   chunked", "Transfer-Encoding: gzip, chunked"]),
    ...encodings(["Transfer-Encoding:\tchunked", "Transfer-Encoding: x,chunked", "Transfer-Encoding: chunked "]),
    get(chunked) + chunks,
  ]),
  ...cases("CL.TE and TE.CL", refused, [
    post(["Content-Length: 2", chunked], chunks),
    post([chunked, "Content-Length: 2"], chunks),
    post(["Content-Length: 0", chunked], "0\r\n\r\n"),
    post([`Content-Length: ${chunks.length}`, chunked], chunks),
    post([chunked, "Content-Length: 4"], `5c\r\n${plain()}\r\n0\r\n\r\n`),
    post(["Content-Length: 6", chunked], `0\r\n\r\n${plain()}`),
    post(["Content-Length: 2", "Transfer-Encoding: gzip, chunked"], chunks),
    get("Content-Length: 2", chunked) + chunks,
  ]),
  ...cases(
    "TE.TE: an encoding whose last is not chunked",
    refused,
    encodings([
      ...["Transfer-Encoding: xchunked", "Transfer-Encoding: chunkedx", "Transfer-Encoding: chunked, identity"],
      ...["Transfer-Encoding: identity", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked, gzip"],
      ...['Transfer-Encoding: "chunked"', "Transfer-Encoding: 'chunked'", "Transfer-Encoding: chunked;q=1"],
      ...["Transfer-Encoding: chunk", "Transfer-Encoding: chun ked", "Transfer-Encoding: cow"],
      ...["Transfer-Encoding: \x0bchunked", "Transfer-Encoding: chunked\x0b", "Transfer-Encoding: \0chunked"],
      ...["Transfer-Encoding: chunked\0", "Transfer-Encoding: \x0cchunked", "Transfer-Encoding: \x7fchunked"],
      ...["Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked", " Transfer-Encoding: chunked"],
      ...["Transfer-Encoding\0: chunked", "Transfer Encoding: chunked", "Transfer-Encoding\r\n: chunked"],
      ...["Transfer-Encoding\xa0: chunked", "X: y\rTransfer-Encoding: chunked", "X: y\nTransfer-Encoding: chunked"],
      ...["X: y\n\rTransfer-Encoding: chunked", "Transfer-Encoding:\r\n chunked", "Transfer-Encoding:\n chunked"],
      ...["Transfer-Encoding: \rchunked", "Transfer-Encoding: chunked\r", "Transfer-Encoding: chunked, chunked"],
      ...["Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "Transfer-Encoding: chunked\xa0"],
      ...["Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding:\xa0chunked"],
    ]),
  ),
  ...cases("chunk sizes and extensions", handed, [
    ...bodies(["0\r\n\r\n", "000\r\n\r\n", "002\r\n{}\r\n0\r\n\r\n", "a\r\n0123456789\r\n0\r\n\r\n"]),
    ...bodies(["A\r\n0123456789\r\n0\r\n\r\n", "2;a\r\n{}\r\n0\r\n\r\n", "2;a=b\r\n{}\r\n0;c\r\n\r\n"]),
    ...bodies(['2;a="b"\r\n{}\r\n0\r\n\r\n', "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", "2\r\n{}\r\n0\r\nX: y\r\n\r\n"]),
    ...bodies(["2;a;b=c;d\r\n{}\r\n0\r\n\r\n", "2\r\n\r\n\r\n0\r\n\r\n"]),
  ]),
  ...cases("chunks that are none", refused, [
    ...bodies(["g\r\n{}\r\n0\r\n\r\n", "-2\r\n{}\r\n0\r\n\r\n", "+2\r\n{}\r\n0\r\n\r\n", "0x2\r\n{}\r\n0\r\n\r\n"]),
    ...bodies([" 2\r\n{}\r\n0\r\n\r\n", "\t2\r\n{}\r\n0\r\n\r\n", "2 \r\n{}\r\n0\r\n\r\n", "\r\n2\r\n{}\r\n"]),
    ...bodies([
      "2\n{}\r\n0\r\n\r\n",
      "2\r{}\r\n0\r\n\r\n",
      "2\r\n{}\n0\r\n\r\n",
      "2\r\n{}0\r\n\r\n",
      "2\r\n{}}\r\n0\r\n",
    ]),
    ...bodies(["10000000000000002\r\n{}\r\n0\r\n\r\n", "ffffffffffffffffff\r\n{}\r\n", "2\0\r\n{}\r\n0\r\n\r\n"]),
    ...bodies(["2;a\n{}\r\n0\r\n\r\n", "2;a\0\r\n{}\r\n0\r\n\r\n", ";a\r\n{}\r\n", "2,2\r\n{}\r\n0\r\n\r\n"]),
    ...bodies([
      "2\r\n{}\r\n0\r\nX y\r\n\r\n",
      "2\r\n{}\r\n0\r\n X: y\r\n\r\n",
      "2\r\n{}\r\n0\n\n",
      "2\r\n{}\r\n0\r\nX : y\r\n",
    ]),
  ]),
  ...cases("chunks that are not whole", waits, bodies(["", "2", "2\r\n", "2\r\n{", "2\r\n{}", "2\r\n{}\r\n", "0\r\n"])),
];
