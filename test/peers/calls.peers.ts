import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createClient } from "@connectrpc/connect";
import type { NodeClientOptions } from "../../client/index.ts";
import { protocols } from "../../client/protocol.ts";
import { createBareWireTransport } from "../../client/wire/bare-transport.ts";
import { Links } from "../../client/wire/connections/links.ts";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import {
  callEachKind,
  callInVain,
  callMuch,
  callUntil,
  callWith4MB,
  connectGreeter,
  giveUp,
  holdCalls,
  kindNames,
  tellDeadline,
} from "./calls/cases.ts";
import { startCountedRelay } from "./calls/counted-relay.ts";
import { buildPeers, type Peer, type PeerName, type PeerPrograms } from "./calls/servers.ts";

type Way = Required<Pick<NodeClientOptions, "protocol" | "format">>;

const formats = ["binary", "json"] as const;

/** What each server speaks. */
const ways: Readonly<Record<PeerName, readonly Way[]>> = {
  "grpc-go": [{ protocol: "grpc", format: "binary" }],
  grpcio: [{ protocol: "grpc", format: "binary" }],
  "connect-go": protocols.flatMap(protocol => formats.map(format => ({ protocol, format }))),
};

let programs: PeerPrograms;
before(() => {
  programs = buildPeers();
});
after(() => programs[Symbol.dispose]());

for (const [name, spoken] of Object.entries(ways) as [PeerName, readonly Way[]][]) {
  describe(`calls to ${name}`, () => {
    let peer: Peer;
    before(async () => {
      peer = await programs.start(name);
    });
    after(() => peer[Symbol.asyncDispose]());

    for (const way of spoken) {
      const title = `${way.protocol} in ${way.format}`;
      const at = () => connectGreeter({ baseUrl: `http://127.0.0.1:${peer.port}`, ...way });

      test(`of each kind carry messages and metadata both ways, over ${title}`, async () => {
        await using client = at();
        await callEachKind(client.greeter);
      });

      for (const kind of kindNames) {
        test(`that are ${kind} tell the error with its details and metadata, over ${title}`, async () => {
          await using client = at();
          await callInVain(client.greeter, kind);
        });

        test(`that are ${kind} end at the server when they are given up here, over ${title}`, async () => {
          await using client = at();
          await giveUp(client.greeter, kind, "signal");
        });
      }

      test(`tell their deadline, and end at the server when it has passed, over ${title}`, async () => {
        await using client = at();
        await tellDeadline(client.greeter);
        await Promise.all(kindNames.map(kind => giveUp(client.greeter, kind, "deadline")));
      });

      test(`carry 4 MB each way, and many messages, over ${title}`, async () => {
        await using client = at();
        await callWith4MB(client.greeter);
        await callMuch(client.greeter);
      });

      test(`are compressed both ways, over ${title}`, async () => {
        await using relay = await startCountedRelay(peer.port);
        const { baseUrl } = relay;
        const links = new Links({ origin: new URL(baseUrl) });
        const settings = {
          baseUrl,
          protocol: way.protocol,
          useBinaryFormat: way.format === "binary",
          interceptors: [],
        };
        const transport = createBareWireTransport({ ...settings, sendEncoding: "gzip" }, links);
        const greeter = createClient(Greeter, transport);
        const name = "x".repeat(1_000_000);
        assert.ok((await greeter.sayHello({ name })).message === name);
        const requests = ReadableStream.from([{ name }, { name }]);
        const replies = await Array.fromAsync(greeter.chat(requests), ({ message }) => message);
        assert.deepEqual(
          replies.map(message => message === name),
          [true, true],
        );
        links.close();
        const { sent, received } = relay.bytes;
        assert.ok(sent < 100_000 && received < 100_000, `${sent} bytes were sent, ${received} came back`);
      });
    }
  });
}

for (const name of ["grpc-go", "grpcio"] as const) {
  test(`no call fails where ${name} sends connections away again and again, and its streams go on`, async () => {
    await using peer = await programs.start(name, { maxAgeMs: 100 });
    await using relay = await startCountedRelay(peer.port);
    await using client = connectGreeter({ baseUrl: relay.baseUrl, protocol: "grpc" });
    await callUntil(client.greeter, () => relay.connections >= 6);
  });

  test(`calls beyond the streams that ${name} takes go on further connections`, async () => {
    await using peer = await programs.start(name, { maxStreams: 10 });
    await using relay = await startCountedRelay(peer.port);
    await using client = connectGreeter({ baseUrl: relay.baseUrl, protocol: "grpc" });
    await holdCalls(client.greeter, 25);
    assert.equal(relay.connections, 3);
  });
}
