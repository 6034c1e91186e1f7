import { gzipSync } from "node:zlib";
import type { Attack } from "./attack.ts";
import { swarm } from "./swarm.ts";

/** Connections of each kind, with one call each. */
const connections = 30;

/** Just within the bound on a message. */
const size = 4 * 1024 * 1024 - 64;

const sayHello = "/greeter.Greeter/SayHello";
const batchGet = "/concierge.directory.v1.DirectoryService/BatchGetUsers";

function post(path: string, type: string, message: Uint8Array): Buffer {
  const body = gzipSync(message);
  const head = [`POST ${path} HTTP/1.1`, "host: localhost", `content-type: ${type}`, "content-encoding: gzip"];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\ncontent-length: ${body.length}\r\n\r\n`), body]);
}

/** Messages of 4 KB on the wire, each of which is as much work as there can be in 4 MiB. */
const kinds: Readonly<Record<string, Buffer>> = {
  "two million items that break a rule": post(batchGet, "application/proto", Buffer.alloc(size, Buffer.from([10, 0]))),
  "two million fields that nobody knows": post(sayHello, "application/proto", Buffer.alloc(size, Buffer.from([56, 1]))),
  "two million arrays within each other": post(
    sayHello,
    "application/json",
    Buffer.from(`{"x":${"[".repeat(size / 2 - 4)}${"]".repeat(size / 2 - 4)}}`),
  ),
};

/** Messages that are small on the wire and much work beyond it. Their calls are refused; the connections end for idleness. */
export const costlyMessages: Attack = {
  name: "costly messages",
  // Longer than a busy machine may stand still: what has no call open then is idle.
  limits: { idleTimeoutMs: 10_000 },
  run(port) {
    return Promise.all(
      Object.entries(kinds).map(([what, bytes]) => swarm(what, port, connections, socket => void socket.write(bytes))),
    );
  },
};
