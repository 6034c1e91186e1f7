import assert from "node:assert/strict";
import { once } from "node:events";
import { createSecureServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { type KeyPair, makeAuthority } from "../../../cli/make-certificates.ts";
import { Greeter } from "../../../gen/greeter/greeter_pb.ts";
import { makeCertificates, type TestCertificates } from "../../../test/support/certificates.ts";
import { Code } from "../../index.ts";
import type { NodeClientOptions } from "../../node-endpoint.ts";
import { createWireTransport } from "../transport.ts";

const service = "greeter.example.com";

/** A greeter over TLS that replies with its name. */
interface SecureGreeter extends AsyncDisposable {
  readonly port: number;
  /** What each call called it by. */
  readonly authorities: readonly string[];
  /** Connections so far, those that its clients gave up for its certificate among them. */
  readonly connections: number;
}

async function startSecure(name: string, { cert, key }: KeyPair, clientCa?: string): Promise<SecureGreeter> {
  const routes = connectNodeAdapter({
    routes: router => void router.service(Greeter, { sayHello: () => ({ serverId: name }) }),
  });
  const asking = clientCa === undefined ? {} : { ca: clientCa, requestCert: true };
  const server = createSecureServer({ cert, key, ...asking }, routes);
  const sessions = new Set<ServerHttp2Session>();
  const authorities: string[] = [];
  let connections = 0;
  server.on("connection", () => connections++);
  server.on("session", session => sessions.add(session));
  server.on("request", ({ authority }) => authorities.push(authority));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    authorities,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

let made: TestCertificates;
let ca: string;
before(async () => {
  made = await makeCertificates();
  ca = made.authority.cert;
});
after(() => made[Symbol.dispose]());

function connect(options: NodeClientOptions) {
  const transport = createWireTransport({ protocol: "grpc", ...options });
  return { greeter: createClient(Greeter, transport), [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() };
}

/** A client of the service by its name, whose addresses are these servers. */
function byName(servers: readonly SecureGreeter[], options: Partial<NodeClientOptions> = {}) {
  const addresses = servers.map(({ port }) => ({ host: "127.0.0.1", port }));
  const balance = { health: false, resolve: async () => ({ addresses }), ...options.balance } as const;
  return connect({ baseUrl: `dns:///${service}`, tls: { ca }, ...options, balance });
}

async function namesOf({ greeter }: ReturnType<typeof connect>, calls: number): Promise<string[]> {
  const names: string[] = [];
  for (let n = 0; n < calls; n++) names.push((await greeter.sayHello({})).serverId);
  return names;
}

/** Calls until each of these has replied. */
async function untilEach(caller: ReturnType<typeof connect>, ...names: string[]): Promise<void> {
  const left = new Set(names);
  while (left.size > 0) for (const name of await namesOf(caller, 1)) left.delete(name);
}

test("addresses of a name serve by certificates for the name, and one with another is told, and never used", async () => {
  const stranger = await makeAuthority("another authority");
  await using a = await startSecure("a", await made.authority.server([service]));
  await using b = await startSecure("b", await made.authority.server([`*.${service.slice(service.indexOf(".") + 1)}`]));
  await using otherName = await startSecure("other name", await made.authority.server(["127.0.0.1", "localhost"]));
  await using otherIssuer = await startSecure("other issuer", await stranger.server([service]));
  const wrong = [otherName, otherIssuer];
  const told: [string, string][] = [];
  const onUnavailable = (server: string, { message }: Error) => told.push([server, message]);
  await using caller = byName([a, ...wrong, b], { balance: { onUnavailable } });
  await untilEach(caller, "a", "b");
  // They are tried, and tried again.
  while (wrong.some(({ connections }) => connections < 3)) await namesOf(caller, 4);
  const reasonsOf = ({ port }: SecureGreeter) => told.filter(([server]) => server === `https://127.0.0.1:${port}`);
  assert.equal(told.length, 2);
  assert.match(String(reasonsOf(otherName)), /greeter\.example\.com\. is not in the cert's altnames/);
  assert.match(String(reasonsOf(otherIssuer)), /unable to verify the first certificate/);
  const counts = Map.groupBy(await namesOf(caller, 100), name => name);
  assert.deepEqual([counts.get("a")?.length, counts.get("b")?.length], [50, 50]);
  for (const { authorities } of wrong) assert.deepEqual(authorities, []);
  assert.deepEqual(new Set([...a.authorities, ...b.authorities]), new Set([service]));
  await using none = byName(wrong, { retry: false });
  await assert.rejects(none.greeter.sayHello({}), {
    code: Code.Unavailable,
    message: /no server of greeter\.example\.com can be called: .* is not in the cert's altnames.*, .*unable to verify/,
  });
});

test("servers of a list have certificates for their own names, and for one that is given", async () => {
  await using a = await startSecure("a", await made.authority.server(["127.0.0.1"]));
  await using b = await startSecure("b", await made.authority.server([service]));
  const baseUrl = [a, b].map(({ port }) => `https://127.0.0.1:${port}`);
  const balance = { health: false } as const;
  await using own = connect({ baseUrl, tls: { ca }, balance });
  assert.deepEqual(new Set(await namesOf(own, 10)), new Set(["a"]));
  await using given = connect({ baseUrl, tls: { ca }, balance, authority: service });
  assert.deepEqual(new Set(await namesOf(given, 10)), new Set(["b"]));
  assert.deepEqual(new Set(b.authorities), new Set([service]));
});

test("each server is shown the client's certificate", async () => {
  const pair = await made.authority.server([service]);
  await using a = await startSecure("a", pair, ca);
  await using b = await startSecure("b", pair, ca);
  const { cert, key } = await made.authority.client("caller");
  await using known = byName([a, b], { tls: { ca, cert, key } });
  await untilEach(known, "a", "b");
  await using unknown = byName([a, b], { retry: false });
  await assert.rejects(unknown.greeter.sayHello({}), { code: Code.Unavailable });
});
