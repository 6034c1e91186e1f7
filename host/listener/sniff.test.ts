import assert from "node:assert/strict";
import { test } from "node:test";
import { sniffProtocol } from "./sniff.ts";

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

test("nothing is decided without a byte", () => {
  assert.equal(sniffProtocol(Buffer.alloc(0)), undefined);
});

test("every proper prefix of the preface is undecided, the whole of it and more is HTTP/2", () => {
  for (let length = 1; length < preface.length; length++) {
    assert.equal(sniffProtocol(preface.subarray(0, length)), undefined, `${length} bytes`);
  }
  assert.equal(sniffProtocol(preface), "http2");
  assert.equal(sniffProtocol(Buffer.concat([preface, Buffer.alloc(9)])), "http2");
});

test("the first byte that departs from the preface makes it HTTP/1.1", () => {
  for (let at = 1; at < preface.length; at++) {
    const head = Buffer.from(preface.subarray(0, at + 1));
    head[at] = 0x7e;
    assert.equal(sniffProtocol(head), "http1", `byte ${at}`);
  }
  for (const line of ["GET / HTTP/1.1\r\n", "POST /", "PUT", "PROPFIND /", "PRI * HTTP/1.1", "G"]) {
    assert.equal(sniffProtocol(Buffer.from(line)), "http1", line);
  }
});

test("a TLS handshake is told by its first byte", () => {
  assert.equal(sniffProtocol(Buffer.from([0x16])), "tls");
  assert.equal(sniffProtocol(Buffer.from([0x16, 0x03, 0x01])), "tls");
});
