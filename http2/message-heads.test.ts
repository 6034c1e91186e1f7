import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type HeaderRecord, parseTrailers } from "./message-fields.ts";
import { parseRequestHead, type RequestHead } from "./request-head.ts";
import { parseResponseHead, type ResponseHead } from "./response-head.ts";

const pseudo = [":method", "POST", ":scheme", "http", ":path", "/a.B/C", ":authority", "localhost:50051"];

function request(...fields: readonly string[]): RequestHead {
  const head = parseRequestHead([...pseudo, ...fields]);
  assert.ok(typeof head !== "string", String(head));
  return head;
}

function response(...fields: readonly string[]): ResponseHead {
  const head = parseResponseHead(fields);
  assert.ok(typeof head !== "string", String(head));
  return head;
}

/** The pseudo-headers of a request with some of them changed; undefined leaves one out. */
function withPseudo(changed: Readonly<Record<string, string | undefined>>): string[] {
  const all: Record<string, string | undefined> = {
    ":method": "POST",
    ":scheme": "http",
    ":path": "/a.B/C",
    ":authority": "localhost:50051",
    ...changed,
  };
  return Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
}

describe("a well-formed request", () => {
  test("is told by its parts, and its fields as they came", () => {
    const head = request("content-type", "application/grpc", "te", "trailers", "content-length", "0012");
    assert.equal(head.method, "POST");
    assert.equal(head.scheme, "http");
    assert.equal(head.path, "/a.B/C");
    assert.equal(head.authority, "localhost:50051");
    assert.equal(head.contentLength, 12);
    assert.deepEqual(
      { ...head.headers },
      { "content-type": "application/grpc", te: "trailers", "content-length": "0012" },
    );
    assert.deepEqual(head.rawHeaders.slice(0, 8), pseudo);
    assert.equal(head.rawHeaders.length, 14);
  });

  test("has headers that inherit nothing", () => {
    const { headers } = request("__proto__", "x", "constructor", "y");
    assert.deepEqual(Object.keys(headers), ["__proto__", "constructor"]);
    assert.equal(request().headers.constructor, undefined);
    assert.equal(request().headers.toString, undefined);
    assert.equal("__proto__" in request().headers, false);
    assert.ok(!(request().headers instanceof Object));
  });

  test("has its cookies as one, set-cookie as a list, single fields once and others joined", () => {
    const repeated = ["cookie", "cookie", "set-cookie", "set-cookie", "content-type", "content-type", "x-a", "x-a"];
    const { headers } = request(...repeated.flatMap((name, n) => [name, String(n)]));
    const expected: HeaderRecord = { cookie: "0; 1", "set-cookie": ["2", "3"], "content-type": "4", "x-a": "6, 7" };
    assert.deepEqual({ ...headers }, expected);
  });

  test("may have empty values and octets above ASCII, but for its target", () => {
    assert.equal(request("x", "").headers.x, "");
    assert.equal(request("x", "a\t\xfc b").headers.x, "a\t\xfc b");
  });

  test("may name its authority in host, or in both alike", () => {
    const byHost = parseRequestHead([...withPseudo({ ":authority": undefined }), "host", "a:1"]) as RequestHead;
    assert.equal(byHost.authority, "a:1");
    const both = parseRequestHead([
      ...withPseudo({ ":authority": "Example.com" }),
      "host",
      "example.COM",
    ]) as RequestHead;
    assert.equal(both.authority, "Example.com");
  });

  test("may be OPTIONS of no resource, or CONNECT of an authority", () => {
    const options = parseRequestHead(withPseudo({ ":method": "OPTIONS", ":path": "*" })) as RequestHead;
    assert.equal(options.path, "*");
    const tunnel = withPseudo({ ":method": "CONNECT", ":path": undefined, ":scheme": undefined });
    const connect = parseRequestHead(tunnel) as RequestHead;
    assert.deepEqual([connect.method, connect.path, connect.scheme], ["CONNECT", "", ""]);
  });
});

/** What every message may not hold: RFC 9113 sections 8.2.1 and 8.2.2, RFC 9110 section 8.6. */
const wrongFields: readonly (readonly [name: string, value: string, reason: RegExp])[] = [
  ["", "x", /is no field name/],
  ["Upper", "x", /"Upper" is no field name/],
  ["a b", "x", /is no field name/],
  ["a\0", "x", /is no field name/],
  ["a:", "x", /is no field name/],
  ["\xfc", "x", /is no field name/],
  [":own", "x", /:own is unknown, repeated or behind a field/],
  [":protocol", "websocket", /:protocol is unknown/],
  ["a", " x", /blanks at its ends/],
  ["a", "x\t", /blanks at its ends/],
  ["a", "x\r\ny: z", /control character/],
  ["a", "\0", /control character/],
  ["a", "x\x7fy", /control character/],
  ["connection", "close", /belongs to a connection/],
  ["keep-alive", "1", /belongs to a connection/],
  ["proxy-connection", "close", /belongs to a connection/],
  ["transfer-encoding", "chunked", /belongs to a connection/],
  ["upgrade", "h2c", /belongs to a connection/],
  ["te", "gzip", /may only be "trailers"/],
  ["te", "trailers, gzip", /may only be "trailers"/],
];
const wrongLengths: readonly (readonly [fields: readonly string[], reason: RegExp])[] = [
  [["content-length", ""], /is no length/],
  [["content-length", "+1"], /is no length/],
  [["content-length", "1, 1"], /is no length/],
  [["content-length", "1", "content-length", "1"], /content-length is repeated/],
  [["host", "localhost:50051", "host", "localhost:50051"], /host is repeated/],
];

describe("a field that is malformed makes the message so", () => {
  for (const [name, value, reason] of wrongFields) {
    test(`${JSON.stringify(name)}: ${JSON.stringify(value)}`, () => {
      for (const before of [[], ["x-before", "y"]]) {
        assert.match(parseRequestHead([...pseudo, ...before, name, value]) as string, reason);
        assert.match(parseResponseHead([":status", "200", ...before, name, value]) as string, reason);
        assert.match(parseTrailers([...before, name, value]) as string, reason);
      }
    });
  }

  for (const [fields, reason] of wrongLengths) {
    test(fields.join(" "), () => {
      assert.match(parseRequestHead([...pseudo, ...fields]) as string, reason);
      assert.match(parseResponseHead([":status", "200", ...fields]) as string, reason);
    });
  }
});

describe("a request is malformed by its pseudo-headers (RFC 9113 section 8.3.1)", () => {
  const cases: readonly (readonly [title: string, fields: readonly string[], reason: RegExp])[] = [
    ["without a method", withPseudo({ ":method": undefined }), /:method is missing/],
    ["without a scheme", withPseudo({ ":scheme": undefined }), /:scheme is missing/],
    ["without a path", withPseudo({ ":path": undefined }), /:path is missing/],
    ["without an authority", withPseudo({ ":authority": undefined }), /one authority/],
    ["with an empty method", withPseudo({ ":method": "" }), /:method is no token/],
    ["with a method that is no token", withPseudo({ ":method": "PO ST" }), /:method is no token/],
    ["with a scheme that is none", withPseudo({ ":scheme": "ht tp" }), /:scheme is no scheme/],
    ["with an empty path", withPseudo({ ":path": "" }), /:path is no path/],
    ["with a path that is an address", withPseudo({ ":path": "http://a/" }), /:path is no path/],
    ["with a blank in its path", withPseudo({ ":path": "/a b" }), /:path is no path/],
    ["with an octet above ASCII in its path", withPseudo({ ":path": "/\xfc" }), /:path is no path/],
    ["with * as the path of a POST", withPseudo({ ":path": "*" }), /:path is no path/],
    ["with ** as the path of OPTIONS", withPseudo({ ":method": "OPTIONS", ":path": "**" }), /:path is no path/],
    ["with an empty authority", withPseudo({ ":authority": "" }), /one authority/],
    ["with user information", withPseudo({ ":authority": "a@b" }), /without user information/],
    ["with a path in its authority", withPseudo({ ":authority": "a/b" }), /one authority/],
    ["with user information in host", [...withPseudo({ ":authority": undefined }), "host", "a@b"], /one authority/],
    ["with two authorities", [...pseudo, "host", "other"], /one authority/],
    ["as CONNECT with a path", withPseudo({ ":method": "CONNECT" }), /CONNECT has no :path/],
    ["as a response", [...pseudo, ":status", "200"], /:status is unknown/],
  ];
  for (const [title, fields, reason] of cases) {
    test(title, () => assert.match(parseRequestHead(fields) as string, reason));
  }

  test("that are repeated, or stand behind a field", () => {
    for (let n = 0; n < pseudo.length; n += 2) {
      const [name, value] = pseudo.slice(n, n + 2) as [string, string];
      assert.match(parseRequestHead([...pseudo, name, value]) as string, /repeated or behind/);
      const others = pseudo.toSpliced(n, 2);
      assert.match(parseRequestHead([...others, "x", "y", name, value]) as string, /repeated or behind/);
    }
  });
});

describe("a response", () => {
  test("is told by its status, final or not", () => {
    const head = response(":status", "200", "content-length", "3", "set-cookie", "a");
    assert.deepEqual([head.status, head.contentLength], [200, 3]);
    assert.deepEqual({ ...head.headers }, { "content-length": "3", "set-cookie": ["a"] });
    assert.deepEqual(head.rawHeaders.slice(0, 2), [":status", "200"]);
    assert.equal(response(":status", "103").status, 103);
  });

  test("is malformed without a status of three digits, or with a second one", () => {
    for (const status of ["", "20", "2000", "2x0", "099", " 200", "101"]) {
      assert.match(parseResponseHead([":status", status]) as string, /":status" is/);
    }
    assert.match(parseResponseHead([]) as string, /:status is missing/);
    assert.match(parseResponseHead(["a", "b", ":status", "200"]) as string, /:status is missing/);
    assert.match(parseResponseHead([":status", "200", ":status", "200"]) as string, /repeated/);
    assert.match(parseResponseHead([":status", "200", ":path", "/"]) as string, /:path is unknown/);
  });
});

test("trailers are fields alone, joined as in heads", () => {
  const trailers = parseTrailers(["grpc-status", "0", "a", "1", "a", "2"]);
  assert.ok(typeof trailers !== "string");
  assert.deepEqual({ ...trailers.headers }, { "grpc-status": "0", a: "1, 2" });
  assert.equal(trailers.rawHeaders.length, 6);
  assert.match(parseTrailers([":status", "200"]) as string, /:status is unknown/);
});
