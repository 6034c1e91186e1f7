import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createRandom, type Random } from "../../test/support/random.ts";
import { last, outcomeOf, path } from "./fast-path.fixture.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");

function post(body: string, ...lines: readonly string[]): string {
  const head = [
    `POST ${path} HTTP/1.1`,
    "Host: localhost:50051",
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    ...lines,
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

function get(...lines: readonly string[]): string {
  return `${[`GET ${path} HTTP/1.1`, "Host: a", ...lines].join("\r\n")}\r\n\r\n`;
}

/** Octet by octet: what comes together may end a connection with a request that node:http has not served yet. */
function single(text: string): Uint8Array[] {
  const start = Array.from(bytes(text.slice(0, 1000)), octet => Buffer.of(octet));
  return text.length > 1000 ? [...start, bytes(text.slice(1000))] : start;
}

/**
 * Checks that a connection is understood alike with the fast path and without it, and that the fast path leaves `unread`
 * bytes where its requests come together. Returns how many it served.
 */
async function same(text: string, title = text, unread?: number): Promise<number> {
  const { served, statuses } = await outcomeOf(single(text), false);
  const slow = await outcomeOf(single(text), true);
  assert.deepEqual({ served: slow.served, statuses: slow.statuses }, { served, statuses }, title);
  const together = await outcomeOf([bytes(text)], true);
  assert.deepEqual(together.served.slice(0, together.fast), served.slice(0, together.fast), title);
  assert.equal(together.fast, slow.fast, title);
  if (unread !== undefined) assert.equal(together.handed, unread, title);
  return slow.fast;
}

describe("what the fast path serves, node:http understands alike", () => {
  const plain: Readonly<Record<string, string>> = {
    "a request": post("{}"),
    "a request without a body": post(""),
    "a body of any octets": post(String.fromCharCode(...Array.from({ length: 256 }, (_, n) => n))),
    "a large body": post("x".repeat(300_000)),
    "a length with zeros in front": post("{}").replace("Content-Length: 2", "Content-Length: 0002"),
    "a GET": get(),
    "a GET with fields": get("Accept: */*", "User-Agent: x", "Content-Type: a/b", "Connection: keep-alive"),
    "a GET with a query": get().replace(path, `${path}?a=b&c=%20#"<>`),
    "names in any case": post("{}", "ACCEPT: */*", "x-Own: 1", "CoNnEcTiOn: Keep-Alive"),
    "blanks around values, and none": post("{}", "a:b", "c:   d   ", "e:", "f:  "),
    "punctuation in names and values": post("{}", "!#$%&'*+-.^_`|~: <>()[]{}@,;:\\\"/?="),
    "names of an object's own": post("{}", "constructor: b", "hasOwnProperty: c"),
    "64 fields": post("{}", ...Array.from({ length: 61 }, (_, n) => `x-${n}: ${n}`)),
    "a head of 16,384 bytes": post("", `x: ${"y".repeat(16_384 - post("", "x: ").length)}`),
  };
  for (const [title, text] of Object.entries(plain)) {
    test(title, async () => assert.equal(await same(text + last, title, last.length), 1));
  }

  test("requests that come together", async () => {
    assert.equal(await same(post("{}") + post("abc", "a: b") + post("") + post("{}")), 4);
  });

  test("GETs and POSTs that come together", async () => {
    assert.equal(await same(get() + post("abc") + get("a: b") + post("") + get()), 5);
  });

  test("a body that reads like a request", async () => {
    assert.equal(await same(post(post("{}")) + post(last)), 2);
  });
});

describe("what the fast path does not know is node:http's, unread, and so is all behind it", () => {
  const chunked = "2\r\n{}\r\n0\r\n\r\n";
  const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\n`;
  const foreign: Readonly<Record<string, string>> = {
    "another method": post("{}").replace("POST", "PUT"),
    "a HEAD": get().replace("GET", "HEAD"),
    "a GET with a length": get("Content-Length: 0"),
    "a GET with a body": `${get("Content-Length: 2")}{}`,
    "a GET with chunks": `${get("Transfer-Encoding: chunked")}${chunked}`,
    "a GET of another path": get().replace(path, "/other"),
    "a GET without a host": get().replace("Host: a\r\n", ""),
    "a GET by a browser": get("Sec-Fetch-Site: none"),
    "a GET in lower case": get().replace("GET", "get"),
    "a method in lower case": post("{}").replace("POST", "post"),
    "another path": post("{}").replace(path, "/other"),
    "a query": post("{}").replace(path, `${path}?a=b`),
    "an absolute target": post("{}").replace(path, `http://a${path}`),
    "HTTP/1.0": post("{}").replace("HTTP/1.1", "HTTP/1.0"),
    "HTTP/1.2": post("{}").replace("HTTP/1.1", "HTTP/1.2"),
    "two blanks in the first line": post("{}").replace("POST ", "POST  "),
    "a tab in the first line": post("{}").replace("POST ", "POST\t"),
    "a blank behind the version": post("{}").replace("HTTP/1.1", "HTTP/1.1 "),
    "an empty line in front": `\r\n${post("{}")}`,
    "no host": post("{}").replace("Host: localhost:50051\r\n", ""),
    "an empty host": post("{}").replace("localhost:50051", ""),
    "a host with a path": post("{}").replace("localhost:50051", "a/b"),
    "two hosts": post("{}", "Host: other"),
    "no content-type": post("{}").replace("Content-Type: application/json\r\n", ""),
    "two content-types": post("{}", "content-type: text/plain"),
    "no length": `${head}\r\n`,
    "two lengths alike": post("{}", "Content-Length: 2"),
    "two lengths that differ": post("{}", "Content-Length: 5"),
    "a length with a sign": post("{}").replace("Length: 2", "Length: +2"),
    "a negative length": post("{}").replace("Length: 2", "Length: -2"),
    "a list of lengths": post("{}").replace("Length: 2", "Length: 2, 2"),
    "a hexadecimal length": post("{}").replace("Length: 2", "Length: 0x2"),
    "an empty length": post("{}").replace("Length: 2", "Length: "),
    "a length of eleven digits": post("{}").replace("Length: 2", "Length: 00000000002"),
    "a length beyond all numbers": post("{}").replace("Length: 2", `Length: ${"9".repeat(30)}`),
    "a chunked body": `${head}Transfer-Encoding: chunked\r\n\r\n${chunked}`,
    "CL.TE: a length, and chunks": `${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
    "TE.CL: chunks, and a length": `${head}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n${chunked}`,
    "TE.TE: two encodings": `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n${chunked}`,
    "an encoding behind a tab": `${head}Content-Length: 2\r\nTransfer-Encoding:\tchunked\r\n\r\n${chunked}`,
    "an encoding with a blank before its colon": `${head}Content-Length: 2\r\nTransfer-Encoding : chunked\r\n\r\n{}`,
    "an encoding behind a blank": `${head}Content-Length: 2\r\n Transfer-Encoding: chunked\r\n\r\n{}`,
    "an encoding behind a bare CR": `${head}Content-Length: 2\r\nX: y\rTransfer-Encoding: chunked\r\n\r\n{}`,
    "an encoding behind a bare LF": `${head}Content-Length: 2\r\nX: y\nTransfer-Encoding: chunked\r\n\r\n{}`,
    "an encoding behind NUL": `${head}Content-Length: 2\r\nX: y\0\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
    "an encoding with a vertical tab": `${head}Content-Length: 2\r\nTransfer-Encoding: \x0bchunked\r\n\r\n{}`,
    "a folded line": post("{}", "x: a", " b"),
    "a folded length": post("{}").replace("Length: 2", "Length:\r\n 2"),
    "lines that end in LF": post("{}").replaceAll("\r\n", "\n"),
    "an empty line that ends in LF": post("{}").replace("\r\n\r\n", "\r\n\n"),
    "a name with a blank": post("{}", "a b: c"),
    "a name with an octet above ASCII": post("{}", "\xfc: c"),
    "a line without a colon": post("{}", "abc"),
    "an empty name": post("{}", ": c"),
    "a value with an octet above ASCII": post("{}", "a: \xfc"),
    "a value with a tab": post("{}", "a: b\tc"),
    "a value with a control character": post("{}", "a: b\x01c"),
    "a value with DEL": post("{}", "a: b\x7fc"),
    "a name twice": post("{}", "a: b", "A: b"),
    "65 fields": post("{}", ...Array.from({ length: 62 }, (_, n) => `x-${n}: ${n}`)),
    "a head of 16,385 bytes": post("", `x: ${"y".repeat(16_385 - post("", "x: ").length)}`),
    "a head without an end": `${head}x: ${"y".repeat(20_000)}`,
    expectation: post("{}", "Expect: 100-continue"),
    "another expectation": post("{}", "Expect: x"),
    upgrade: post("{}", "Connection: Upgrade", "Upgrade: h2c"),
    "connection: close": post("{}", "Connection: close"),
    "a connection's own fields": post("{}", "Connection: keep-alive, x", "x: y"),
    "a field that node:http takes for connection": post("{}", "Proxy-Connection: close"),
    te: post("{}", "TE: trailers"),
    trailer: post("{}", "Trailer: x"),
    "a name that node:http drops": post("{}", "__proto__: a"),
    "a browser": post("{}", "Origin: http://a"),
    "a browser of today": post("{}", "Sec-Fetch-Site: none"),
  };
  for (const [title, text] of Object.entries(foreign)) {
    test(title, async () => {
      assert.equal(await same(text, title, text.length), 0);
      // A request before it is served on the fast path, and one behind it is not.
      const behind = text + post("{}");
      assert.equal(await same(post("{}") + behind, title, behind.length), 1);
    });
  }
});

describe("however the bytes are cut, the same is understood", () => {
  const sessions: Readonly<Record<string, string>> = {
    "two requests": post("{}") + post("abcdef", "a: b"),
    "a GET between two POSTs": post("{}") + get("a: b") + post("{}"),
    "a request that is handed over behind one that is not": post("{}") + post("{}", "Origin: http://a") + post("{}"),
    "a smuggled request": `${post("", "Transfer-Encoding: chunked").replace("Length: 0", "Length: 4")}0\r\n\r\n${post("{}")}`,
  };
  for (const [title, text] of Object.entries(sessions)) {
    test(title, async () => {
      const whole = bytes(text + last);
      const expected = await outcomeOf(single(text + last), false);
      for (let cut = 1; cut < text.length; cut++) {
        const { served, statuses } = await outcomeOf([whole.subarray(0, cut), whole.subarray(cut)], true);
        assert.deepEqual({ served, statuses }, { served: expected.served, statuses: expected.statuses }, `at ${cut}`);
      }
    });
  }
});

/** A request that is changed at a few places, as somebody would who looks for two ways to read it. */
function mutated(random: Random): string {
  const texts = [
    "\r\n",
    "\n",
    "\r",
    " ",
    "\t",
    "\0",
    ":",
    ",",
    ";",
    "\x0b",
    "\x7f",
    "\xff",
    "0",
    "1",
    "2",
    "a",
    "\r\n ",
  ];
  const lines = [
    ...["Content-Length: 1", "Content-Length: 2", "content-length: 0", "Transfer-Encoding: chunked", "Host: b"],
    ...["transfer-encoding: identity", "Connection: close", "Connection: keep-alive", "X: y", "x-own: ", "Expect: a"],
    ...["Content-Type: text/plain", "Upgrade: x", "Trailer: a", "Keep-Alive: 1", "Proxy-Connection: close"],
  ];
  const added = Array.from({ length: random.below(4) }, () => random.pick(lines));
  const body = random.pick(["", "{}", "0\r\n\r\n", "2\r\n{}\r\n0\r\n\r\n"]);
  let text = random.chance(0.3) ? get(...added) : post(body, ...added);
  for (let changes = random.below(3); changes > 0; changes--) {
    const at = random.below(text.length);
    text = text.slice(0, at) + (random.chance(0.7) ? random.pick(texts) : "") + text.slice(at + random.below(3));
  }
  return text;
}

test("500 requests that were tampered with are understood as node:http does", async () => {
  const random = createRandom(9112);
  let fast = 0;
  for (let n = 0; n < 500; n++) fast += await same(mutated(random) + (random.chance(0.5) ? post("{}") : ""));
  assert.ok(fast > 50, `${fast} took the fast path`);
});
