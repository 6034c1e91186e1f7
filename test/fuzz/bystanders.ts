import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { collect } from "../../http2/collect.fixture.ts";
import { createEchoServer } from "../../http2/echo.fixture.ts";
import { post } from "../../http2/peer.fixture.ts";
import { Session } from "../../http2/session.ts";
import { openHttp2 } from "../support/open-http2.ts";
import type { Random } from "../support/random.ts";

/** Well-behaved callers on connections of their own, in the process that the fuzzed connections are in. */
export interface Bystanders extends AsyncDisposable {
  /** Makes a call by each; rejects where an answer is wrong. */
  call(random: Random): Promise<void>;
}

/** Node's client and ours, both on an echo server of the engine's. */
export async function openBystanders(): Promise<Bystanders> {
  const server = createEchoServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const node = openHttp2(`http://127.0.0.1:${port}`);
  const socket = connect(port, "127.0.0.1");
  await Promise.all([once(node, "connect"), once(socket, "connect")]);
  const ours = new Session(false, socket, {});
  return {
    async call(random) {
      const body = Buffer.alloc(random.below(random.pick([10, 1_000, 200_000])), random.below(256));
      const request = node.request({ ":method": "POST", ":path": "/echo" });
      request.end(body);
      const { stream, reply } = collect(ours.connection, post);
      stream.end(body);
      const [chunks, collected] = await Promise.all([request.toArray(), reply]);
      assert.ok(Buffer.concat(chunks).equals(body), "Node's client was answered wrong");
      assert.ok(collected.body.equals(body), "our client was answered wrong");
      assert.equal(collected.trailers?.headers["echo-status"], "0");
    },
    async [Symbol.asyncDispose]() {
      node.destroy();
      socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
