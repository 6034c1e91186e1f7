import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { envelop } from "../../../protocol/envelope.ts";
import { callFields, endHeaders, frame, hello, preface, types } from "../../support/frames.ts";
import type { Attack } from "./attack.ts";
import { acknowledge, swarm, trickle } from "./swarm.ts";

/** Connections at each stage. */
const connections = 500;

/** Milliseconds between two bytes: each limit sees some. */
const everyMs = 400;

const path = "/greeter.Greeter/SayHello";
/** More than is sent before a limit acts. */
const endless = Buffer.alloc(1000, "x");
/** A gRPC message of as many bytes. */
const message = Buffer.from(envelop(0, endless));

/** A frame that is announced with 1,000 bytes, and starts with `bytes`. */
function beginFrame(type: number, stream: number, bytes: Buffer = Buffer.alloc(0)): Buffer {
  const whole = frame(type, 0, stream, Buffer.concat([bytes, Buffer.alloc(endless.length - bytes.length)]));
  return whole.subarray(0, 9 + bytes.length);
}

const openCall = frame(types.headers, endHeaders, 1, callFields(path));

const stages: Readonly<Record<string, (socket: Socket) => void>> = {
  "no first byte": () => undefined,
  "half a preface": socket => trickle(socket, preface.subarray(0, 20), everyMs),
  "half an HTTP/1.1 header": socket => {
    socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n");
    trickle(socket, endless, everyMs);
  },
  "half an HTTP/2 header block": socket => {
    socket.write(Buffer.concat([hello, beginFrame(types.headers, 1, callFields(path))]));
    trickle(socket, endless, everyMs);
  },
  "an HTTP/1.1 body by bytes": socket => {
    const head = ["content-type: application/json", "content-length: 1000"].join("\r\n");
    socket.write(`POST ${path} HTTP/1.1\r\nhost: localhost\r\n${head}\r\n\r\n`);
    trickle(socket, endless, everyMs);
  },
  "an HTTP/2 body by half a frame": socket => {
    // Within a frame no PING can be answered.
    socket.write(Buffer.concat([hello, openCall, beginFrame(types.data, 1)]));
    trickle(socket, message, everyMs);
  },
  "an HTTP/2 body by frames of a byte": socket => {
    acknowledge(socket);
    socket.write(Buffer.concat([hello, openCall]));
    const bytes = message.values();
    const timer = setInterval(() => socket.write(frame(types.data, 0, 1, Buffer.of(bytes.next().value ?? 0))), everyMs);
    socket.once("close", () => clearInterval(timer));
  },
};

/** Slow bytes at every stage of a connection, all of them at once. */
export const slowBytes: Attack = {
  name: "slow bytes",
  limits: {
    handshakeTimeoutMs: 3000,
    headersTimeoutMs: 3000,
    bodyTimeoutMs: 3000,
    // Longer than a busy machine may stand still: what has no call open then is idle.
    idleTimeoutMs: 10_000,
    keepaliveIntervalMs: 1000,
    // The well-behaved clients have to answer in this time, too.
    keepaliveTimeoutMs: 5000,
  },
  run(port) {
    return Promise.all(Object.entries(stages).map(([what, act]) => swarm(what, port, connections, act)));
  },
  check(cuts) {
    // HTTP/1.1 headers that take too long are ended by Node itself, and HTTP/2 connections without a whole header block
    // leave as idle ones do, with GOAWAY, unless their PING's time is up first. All others are ended by one of these.
    const { handshake = 0, keepalive = 0, body = 0, ...byEngine } = cuts;
    const { "no answer to SETTINGS": silent = 0, "the body did not arrive in time": late = 0, ...rest } = byEngine;
    assert.deepEqual(rest, {});
    assert.ok(handshake >= 2 * connections, `${handshake} handshakes cut`);
    assert.ok(handshake + keepalive + body + silent + late >= 5 * connections, JSON.stringify(cuts));
  },
};
