import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError, createClient, createRouterTransport, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { DirectoryService } from "../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter } from "../gen/greeter/greeter_pb.ts";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { serve } from "../host/served.ts";
import { startServer } from "../test/support/server.ts";
import { startHost } from "../test/support/service-host.ts";
import { addLayers, createClients, createTransport } from "./index.ts";
import { protocols } from "./protocol.ts";
import { createClients as createWebClients } from "./web.ts";

for (const protocol of protocols) {
  test(`clients of any services share a transport, over ${protocol}`, async () => {
    await using server = await startServer();
    await using service = createClients({ baseUrl: server.baseUrl, protocol }, [Greeter, Health]);
    const [greeter, health] = service.clients;
    assert.equal((await greeter.sayHello({ name: "Ada" })).message, "Hello, Ada!");
    assert.equal((await health.check({})).status, 1);
    const directory = createClient(DirectoryService, service.transport);
    assert.equal((await directory.listUsers({})).users.length, 5);
    service.close();
    await assert.rejects(greeter.sayHello({}), { code: Code.Canceled, rawMessage: "the client is closed" });
    await assert.rejects(directory.listUsers({}), { code: Code.Canceled });
  });
}

test("clients of any services are made for browsers, too", async () => {
  await using server = await startServer();
  await using service = createWebClients({ baseUrl: server.baseUrl }, [Greeter]);
  assert.equal((await service.clients[0].sayHello({ name: "Ada" })).message, "Hello, Ada!");
});

/** A server of the directory that is away at first, and knows its callers by a token that is used up with each call. */
function startFlaky() {
  const seen: string[] = [];
  const service = serve(DirectoryService, {
    listUsers(_request, { requestHeader }) {
      seen.push(`list as ${requestHeader.get("authorization")}`);
      if (seen.length === 1) throw new ConnectError("away", Code.Unavailable);
      if (seen.length === 2) throw new ConnectError("who?", Code.Unauthenticated);
      return { users: [{ id: "1" }] };
    },
    updateUser({ requestId }) {
      seen.push(`update ${requestId !== ""}`);
      if (seen.length % 2 === 0) throw new ConnectError("away", Code.Unavailable);
      return { id: "1" };
    },
  });
  return { seen, service };
}

/** Somebody's transport, and the end of its server. */
interface TestTransport extends AsyncDisposable {
  make(interceptors: Parameters<typeof createConnectTransport>[0]["interceptors"] & object): Transport;
}

const transports: Readonly<Record<string, (flaky: ReturnType<typeof startFlaky>) => Promise<TestTransport>>> = {
  "that of connect-node over HTTP/1.1": async ({ service }) => {
    const host = await startHost(service);
    return {
      make: interceptors => createConnectTransport({ baseUrl: host.baseUrl, httpVersion: "1.1", interceptors }),
      [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
    };
  },
  "one without a network": async ({ service }) => ({
    make: interceptors => createRouterTransport(router => service.mount(router), { transport: { interceptors } }),
    async [Symbol.asyncDispose]() {},
  }),
};

for (const [what, start] of Object.entries(transports)) {
  test(`the layers go on any transport: ${what}`, async () => {
    const flaky = startFlaky();
    await using bare = await start(flaky);
    let tokens = 0;
    const options = { token: () => `t${++tokens}`, retry: { initialBackoffMs: 1, maxBackoffMs: 2 } };
    await using transport = addLayers(options, bare.make);
    const directory = createClient(DirectoryService, transport);
    assert.equal((await directory.listUsers({})).users.length, 1);
    assert.equal((await directory.updateUser({ user: { id: "1" } })).id, "1");
    assert.deepEqual(flaky.seen, [
      "list as Bearer t1",
      "list as Bearer t1",
      "list as Bearer t2",
      "update true",
      "update true",
    ]);
    transport.close();
    assert.ok(transport.closed.aborted);
    await assert.rejects(directory.listUsers({}), { code: Code.Canceled });
  });
}

test("a transport of one's own is closed with its layers", async () => {
  let closed = 0;
  const bare = createRouterTransport(() => {});
  await using transport = addLayers({}, () => ({ ...bare, close: () => closed++ }));
  transport.close();
  assert.equal(closed, 1);
  await using other = createTransport({ baseUrl: "http://localhost:1" });
  other.close();
});
