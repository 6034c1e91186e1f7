import { brotliCompressSync, gzipSync } from "node:zlib";
import { envelop } from "../../../protocol/envelope.ts";
import { callFields, endHeaders, endStream, frame, hello, literal, types } from "../../support/frames.ts";
import type { Attack } from "./attack.ts";
import { acknowledge, swarm } from "./swarm.ts";

/** Connections of each kind. */
const connections = 100;

/** Three times as much as a message may be, in 12 KB with gzip and in 15 bytes with brotli. */
const plain = Buffer.alloc(12 * 1024 * 1024);

const path = "/greeter.Greeter/SayHello";
const compressed = 1;

function overGrpc(encoding: string, bytes: Buffer): Buffer {
  const block = Buffer.concat([callFields(path), literal("grpc-encoding", encoding)]);
  const message = frame(types.data, endStream, 1, envelop(compressed, bytes));
  return Buffer.concat([hello, frame(types.headers, endHeaders, 1, block), message]);
}

function overHttp1(encoding: string, bytes: Buffer): Buffer {
  const head = ["host: localhost", "content-type: application/json", `content-encoding: ${encoding}`];
  const start = Buffer.from(`POST ${path} HTTP/1.1\r\n${head.join("\r\n")}\r\ncontent-length: ${bytes.length}\r\n\r\n`);
  return Buffer.concat([start, bytes]);
}

const kinds: Readonly<Record<string, Buffer>> = {
  "gzip over gRPC": overGrpc("gzip", gzipSync(plain)),
  "brotli over gRPC": overGrpc("br", brotliCompressSync(plain)),
  "gzip over HTTP/1.1": overHttp1("gzip", gzipSync(plain)),
};

/** Messages that are small on the wire and large beyond it. Their calls are refused; the connections end for idleness. */
export const decompressionBomb: Attack = {
  name: "decompression bomb",
  // Longer than a busy machine may stand still: what has no call open then is idle.
  limits: { idleTimeoutMs: 10_000, keepaliveIntervalMs: 1000 },
  run(port) {
    return Promise.all(
      Object.entries(kinds).map(([what, bytes]) =>
        swarm(what, port, connections, socket => {
          if (!what.endsWith("HTTP/1.1")) acknowledge(socket);
          socket.write(bytes);
        }),
      ),
    );
  },
};
