import { brotliCompressSync, gzipSync } from "node:zlib";
import { envelop } from "../../../protocol/envelope.ts";
import type { Attack } from "./attack.ts";
import { flood, swarm } from "./swarm.ts";

/** Connections of each kind, with one stream each. */
const connections = 5;

/** A message of one short name. */
const message = Buffer.from([0x0a, 3, ...Buffer.from("Ada")]);

/** A compressed message, by the encoding that its stream names. */
const kinds: Readonly<Record<string, Buffer>> = { gzip: gzipSync(message), br: brotliCompressSync(message) };

/** Streams of tiny messages, each of which has a decompressor set up. They end with what a caller's messages may come to. */
export const tinyMessages: Attack = {
  name: "tiny compressed messages",
  limits: {},
  // A machine that is busy unfolds no more than callers may have by default: then the streams would never end.
  settings: { INFLATE_LIMIT: "1/128" },
  run(port) {
    return Promise.all(
      Object.entries(kinds).map(([encoding, compressed]) => {
        const one = Buffer.from(envelop(1, compressed));
        const many = Buffer.concat(Array<Buffer>(Math.floor(60_000 / one.length)).fill(one));
        const chunk = Buffer.concat([Buffer.from(`${many.length.toString(16)}\r\n`), many, Buffer.from("\r\n")]);
        const head = [
          "POST /greeter.Greeter/SayHelloToMany HTTP/1.1",
          "host: localhost",
          "content-type: application/connect+proto",
          `connect-content-encoding: ${encoding}`,
          "transfer-encoding: chunked",
        ];
        return swarm(`tiny messages, ${encoding}`, port, connections, socket => {
          socket.write(`${head.join("\r\n")}\r\n\r\n`);
          flood(socket, () => chunk);
        });
      }),
    );
  },
};
