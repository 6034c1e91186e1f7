import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import * as net from "node:net";
import { after, before, describe, test } from "node:test";
import { type Client, Code, ConnectError } from "@connectrpc/connect";
import type { Protocol } from "../../client/index.ts";
import { protocols } from "../../client/protocol.ts";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { serve } from "../../host/served.ts";
import { connectGreeter } from "../peers/calls/cases.ts";
import { buildPeers, type Peer, type PeerPrograms } from "../peers/calls/servers.ts";
import { freePort } from "../support/free-port.ts";
import { type ServiceHost, startHost } from "../support/service-host.ts";
import { startTcp } from "../support/tcp-server.ts";
import { proxyNames, unasked } from "./foreign.ts";
import { type Front, startFront } from "./start-front.ts";

type GreeterClient = Client<typeof Greeter>;

/** Has a proxy wait no longer than this for a reply. Caddy 2.6 waits for servers of HTTP/2 for as long as it takes. */
const impatient = {
  nginx: { "grpc_read_timeout 1h": "grpc_read_timeout 200ms" },
  haproxy: { "timeout server 1h": "timeout server 200ms" },
} as const;

/** Calls whose whole reply is known; they return whether it came. One that waits gets nothing before. */
const calls: Readonly<Record<string, (greeter: GreeterClient, act?: string) => Promise<boolean>>> = {
  async unary(greeter, act) {
    const name = randomBytes(30_000).toString("base64");
    const { message } = await greeter.sayHello({ name }, headersOf(act));
    return message === name;
  },
  async streaming(greeter, act) {
    const name = randomBytes(3_000).toString("base64");
    const age = act === undefined ? 10 : 0;
    const replies = await Array.fromAsync(greeter.sayHelloStream({ name, age }, headersOf(act)));
    return replies.length === age && replies.every(({ message }, n) => message === `${name} ${n}`);
  },
};

function headersOf(act: string | undefined) {
  return act === undefined ? {} : { headers: { act, "x-call": randomUUID() } };
}

function connect({ http2Port }: Front, protocol: Protocol) {
  return connectGreeter({ baseUrl: `http://127.0.0.1:${http2Port}`, protocol });
}

/** A way to a server that is cut, both ways, after so many bytes of what comes back. */
async function startCutting(port: number) {
  let left = Number.POSITIVE_INFINITY;
  let passed = 0;
  const tcp = await startTcp(socket => {
    const onward = net.connect(port, "127.0.0.1");
    const cut = () => {
      onward.destroy();
      socket.destroy();
    };
    onward.on("error", cut).on("close", cut);
    socket.on("close", cut);
    socket.pipe(onward);
    onward.on("data", (chunk: Buffer) => {
      const part = chunk.subarray(0, left);
      passed += part.length;
      left -= part.length;
      if (left > 0) socket.write(part);
      else socket.end(part, cut);
    });
  });
  return {
    port: tcp.port,
    get passed() {
      return passed;
    },
    /** Cuts after so many bytes from here on. */
    cutAfter(bytes: number) {
      left = bytes;
    },
    [Symbol.asyncDispose]: () => tcp[Symbol.asyncDispose](),
  };
}

/** Greets as the peers do, and states the length of unary replies, as nothing else tells where those of Connect end. */
const greeter = serve(Greeter, {
  sayHello: ({ name }) => ({ message: name }),
  async *sayHelloStream({ name, age }) {
    for (let n = 0; n < age; n++) yield { message: `${name} ${n}` };
  },
});

/** How much of a reply comes. */
const shares = [0.1, 0.3, 0.5, 0.7, 0.9] as const;

let programs: PeerPrograms;
let host: ServiceHost;
let peer: Peer;
before(async () => {
  programs = buildPeers();
  peer = await programs.start("connect-go");
  host = await startHost(greeter);
});
after(async () => {
  await host[Symbol.asyncDispose]();
  await peer[Symbol.asyncDispose]();
  programs[Symbol.dispose]();
});

for (const name of proxyNames) {
  describe(`behind ${name}`, () => {
    for (const protocol of protocols) {
      for (const [kind, call] of Object.entries(calls)) {
        test(`a ${kind} call to a server that is gone is UNAVAILABLE, over ${protocol}`, async () => {
          await using front = await startFront(name, await freePort(), unasked[name]);
          await using client = connect(front, protocol);
          await assert.rejects(call(client.greeter), { code: Code.Unavailable });
        });

        if (name !== "caddy") {
          test(`a ${kind} call to a server that does not reply is UNAVAILABLE, over ${protocol}`, async () => {
            await using front = await startFront(name, peer.port, { ...unasked[name], ...impatient[name] });
            await using client = connect(front, protocol);
            await assert.rejects(call(client.greeter, "wait"), { code: Code.Unavailable });
          });
        }

        test(`a ${kind} call whose server is cut off is never a whole reply, over ${protocol}`, async () => {
          await using way = await startCutting(protocol === "connect" ? host.port : peer.port);
          await using front = await startFront(name, way.port, unasked[name]);
          await using client = connect(front, protocol);
          assert.equal(await call(client.greeter), true);
          const before = way.passed;
          assert.equal(await call(client.greeter), true);
          const whole = way.passed - before;
          for (const share of shares) {
            // On the same connection, or on a new one; one that is cut is never used again.
            way.cutAfter(Math.floor(whole * share));
            const outcome = await call(client.greeter).catch(reason => ConnectError.from(reason));
            assert.ok(outcome instanceof ConnectError, `${share} of a reply were taken for whole`);
            // nginx resets the call with INTERNAL_ERROR, the others end the reply as if it were whole.
            assert.equal(outcome.code, name === "nginx" ? Code.Internal : Code.Unavailable, outcome.message);
            way.cutAfter(Number.POSITIVE_INFINITY);
            assert.equal(await call(client.greeter), true);
          }
        });
      }
    }
  });
}
