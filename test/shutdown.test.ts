import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import { test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { Greeter } from "../gen/greeter/greeter_pb.ts";
import { openHttp2 } from "./support/open-http2.ts";
import { startServer } from "./support/server.ts";
import { transportsTo } from "./support/transports.ts";

/** Longer than any test runs: nothing here may wait for the grace or for the stream. */
const patient = { GREETER_STREAM_INTERVAL_MS: "3600000", SHUTDOWN_GRACE_MS: "3600000" };

test("close returns with an open HTTP/2 session, an idle HTTP/1.1 connection and running streams", async () => {
  const server = await startServer(patient);
  const session = openHttp2(server.baseUrl);
  const goaway = once(session, "goaway");
  await once(session, "remoteSettings");

  const agent = new http.Agent({ keepAlive: true });
  const request = http.get({ agent, host: "127.0.0.1", port: server.port, path: "/nowhere" });
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  await response.toArray();

  const streams = [];
  for (const [form, transport] of transportsTo(server.baseUrl)) {
    const replies = createClient(Greeter, transport).sayHelloStream({ name: "Ada" })[Symbol.asyncIterator]();
    await replies.next();
    streams.push({ form, replies });
  }
  const ends = streams.map(({ form, replies }) =>
    assert.rejects(replies.next(), error => {
      assert.equal(ConnectError.from(error).code, Code.Unavailable, form);
      assert.equal(ConnectError.from(error).rawMessage, "the server is shutting down", form);
      return true;
    }),
  );
  await Promise.all([server.app.close(), ...ends, goaway]);
  agent.destroy();
});

test("close may be called again, and abort after it", async () => {
  const server = await startServer(patient);
  await Promise.all([server.app.close(), server.app.close()]);
  server.app.abort();
});

test("a server that never listened closes as well", async () => {
  const { createApp } = await import("../server/app.ts");
  const { parseConfig } = await import("../server/config/config.ts");
  await (await createApp(parseConfig({ LOG_LEVEL: "silent", DATABASE_URL: "sqlite::memory:" }))).close();
});
