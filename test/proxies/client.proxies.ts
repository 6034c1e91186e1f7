import { after, before, describe, test } from "node:test";
import type { Protocol } from "../../client/index.ts";
import {
  callEachKind,
  callInVain,
  callMuch,
  callWith4MB,
  connectGreeter,
  giveUp,
  kindNames,
} from "../peers/calls/cases.ts";
import { buildPeers, type Peer, type PeerName, type PeerPrograms } from "../peers/calls/servers.ts";
import { proxyNames, unasked } from "./foreign.ts";
import { type Front, startFront } from "./start-front.ts";

/** The servers behind the proxies, and how they are called. */
const servers: Readonly<Record<Protocol, PeerName>> = {
  grpc: "grpc-go",
  "grpc-web": "connect-go",
  connect: "connect-go",
};

let programs: PeerPrograms;
before(() => {
  programs = buildPeers();
});
after(() => programs[Symbol.dispose]());

for (const name of proxyNames) {
  for (const [protocol, server] of Object.entries(servers) as [Protocol, PeerName][]) {
    describe(`${protocol} to ${server} through ${name}`, () => {
      let peer: Peer;
      let front: Front;
      before(async () => {
        peer = await programs.start(server);
        front = await startFront(name, peer.port, unasked[name]);
      });
      after(async () => {
        await front[Symbol.asyncDispose]();
        await peer[Symbol.asyncDispose]();
      });
      const at = () => connectGreeter({ baseUrl: `http://127.0.0.1:${front.http2Port}`, protocol });

      test("carries messages and metadata both ways in each kind of call", async () => {
        await using client = at();
        await callEachKind(client.greeter);
      });

      test("tells errors with their details and metadata", async () => {
        await using client = at();
        for (const kind of kindNames) await callInVain(client.greeter, kind);
      });

      test("tells the server of calls that are given up", async () => {
        await using client = at();
        for (const kind of kindNames) await giveUp(client.greeter, kind, "signal");
      });

      test("carries 4 MB each way, and many messages", async () => {
        await using client = at();
        await callWith4MB(client.greeter);
        await callMuch(client.greeter);
      });
    });
  }
}
