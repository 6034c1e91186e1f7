import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import type { DescService } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { pino } from "pino";
import { createHost } from "../host.ts";
import type { HostOptions } from "../host-options.ts";
import { serve } from "../served.ts";
import { compileContract } from "./contract.fixture.ts";

/** Serves a contract on a free port. */
async function start(service: DescService, implementation: object, options: Partial<HostOptions> = {}) {
  const host = await createHost({
    services: [serve(service, implementation)],
    log: pino({ level: "silent" }),
    ...options,
  });
  const [address] = await host.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${address?.port}`;
  return { url, [Symbol.asyncDispose]: host[Symbol.asyncDispose] };
}

interface Thing {
  readonly name: string;
  readonly items: readonly string[];
}

interface Described {
  readonly info: { readonly title: string };
}

const shelf = () =>
  compileContract(`
    service Service {
      rpc Get(Thing) returns (Thing) {
        option (google.api.http) = {
          get: "/v1/things/{name=things/*}"
          response_body: "items"
          additional_bindings { post: "/v1/whole" body: "*" }
          additional_bindings { custom: { kind: "SEARCH" path: "/v1/whole" } body: "items" }
        };
      }
      rpc Picture(Thing) returns (google.api.HttpBody) { option (google.api.http).get = "/v1/picture"; }
      rpc Broken(Thing) returns (Thing) { option (google.api.http).get = "/v1/broken"; }
    }
    message Thing { string name = 1; repeated string items = 2; }
  `);
const things = {
  get: (thing: Thing) => thing,
  picture: () => ({ contentType: "image/png", data: new Uint8Array([1, 2, 3]) }),
  broken: () => {
    throw new Error("a secret of ours");
  },
};

test("a rule that is wrong stops the start with its method's name", async () => {
  const service = compileContract(`
    service Service { rpc Get(Thing) returns (Thing) { option (google.api.http).get = "/v1/{nothing}"; } }
    message Thing { string name = 1; }
  `);
  const starting = createHost({ services: [serve(service, {})], log: pino({ level: "silent" }) });
  await assert.rejects(starting, {
    name: "HttpRuleError",
    message: 'test.Service/Get: variable "nothing": test.Thing has no field "nothing"',
  });
  await using off = await start(service, {}, { rest: "off" });
  assert.equal((await fetch(`${off.url}/v1/x`)).status, 404);
  assert.equal((await fetch(`${off.url}/openapi.json`)).status, 404);
});

test("any service on the host has bodies, parts of replies, further bindings and methods of its own", async () => {
  await using host = await start(shelf(), things);
  const part = await fetch(`${host.url}/v1/things/things/1?items=a&items=b`);
  assert.deepEqual(await part.json(), ["a", "b"]);
  assert.deepEqual(await (await fetch(`${host.url}/v1/things/things/1`)).json(), []);
  const headers = { "content-type": "application/json" };
  const posted = await fetch(`${host.url}/v1/whole`, { method: "POST", headers, body: '{"name":"x","items":["y"]}' });
  assert.deepEqual(await posted.json(), { name: "x", items: ["y"] });
  const searched = await fetch(`${host.url}/v1/whole?name=z`, { method: "SEARCH", headers, body: '["q"]' });
  assert.deepEqual(await searched.json(), { name: "z", items: ["q"] });
  const picture = await fetch(`${host.url}/v1/picture`, { headers: { accept: "image/*" } });
  assert.equal(picture.headers.get("content-type"), "image/png");
  assert.deepEqual(new Uint8Array(await picture.arrayBuffer()), new Uint8Array([1, 2, 3]));
  assert.equal(((await (await fetch(`${host.url}/openapi.json`)).json()) as Described).info.title, "API");
});

test("bodies may be compressed either way", async () => {
  await using host = await start(shelf(), things);
  const items = Array.from({ length: 500 }, (_, n) => `item ${n}`);
  const response = await fetch(`${host.url}/v1/whole`, {
    method: "POST",
    headers: { "content-type": "application/json", "content-encoding": "gzip", "accept-encoding": "gzip" },
    body: gzipSync(JSON.stringify({ items })),
  });
  assert.equal(response.headers.get("content-encoding"), "gzip");
  assert.deepEqual(((await response.json()) as Thing).items, items);
  const bomb = gzipSync(JSON.stringify({ items: ["x".repeat(5 * 1024 * 1024)] }));
  assert.ok(gunzipSync(bomb).length > 4 * 1024 * 1024);
  const refused = await fetch(`${host.url}/v1/whole`, {
    method: "POST",
    headers: { "content-type": "application/json", "content-encoding": "gzip" },
    body: bomb,
  });
  assert.equal(refused.status, 413);
});

test("a target that names scheme and host is served by its path", async () => {
  await using host = await start(shelf(), things);
  const [response] = (await once(
    http.get(host.url, { path: `${host.url}/v1/things/things/7?items=a` }),
    "response",
  )) as [http.IncomingMessage];
  assert.equal(response.statusCode, 200);
  assert.deepEqual(JSON.parse((await response.toArray()).join("")), ["a"]);
});

test("an error that nobody foresaw tells nothing", async () => {
  await using host = await start(shelf(), things);
  const response = await fetch(`${host.url}/v1/broken`);
  assert.equal(response.status, 500);
  assert.deepEqual(await response.json(), { error: { code: 500, status: "INTERNAL", message: "internal error" } });
});

test("a stream of events that cannot be resumed now is no status that a browser gives up at", async () => {
  const service = compileContract(`
    service Service {
      rpc Watch(Position) returns (stream Position) {
        option (google.api.http).get = "/v1/watch";
        option (concierge.rest.v1.event_stream) = { id: "token" resume: "token" };
      }
    }
    message Position { string token = 1; }
  `);
  // biome-ignore lint/correctness/useYield: it fails before its first reply
  async function* watch({ token }: { readonly token: string }) {
    throw new ConnectError("not now", token === "old" ? Code.OutOfRange : Code.Unavailable);
  }
  await using host = await start(service, { watch });
  const ask = (headers: Record<string, string>) => fetch(`${host.url}/v1/watch`, { headers });
  const accept = "text/event-stream";
  const resumed = await ask({ accept, "last-event-id": "7" });
  assert.equal(resumed.status, 200);
  assert.match(await resumed.text(), /^event: status\ndata: \{"error":\{"code":503,"status":"UNAVAILABLE",/);
  assert.equal((await ask({ accept })).status, 503);
  assert.equal((await ask({ "last-event-id": "7" })).status, 503);
  assert.equal((await ask({ accept, "last-event-id": "old" })).status, 400);
});

test("over HTTP/1.1 GETs and POSTs are served without node:http, which writes names in another case", async () => {
  await using server = await start(shelf(), things);
  const agent = new http.Agent({ keepAlive: true });
  async function namesOf(path: string, body?: string) {
    const headers = body === undefined ? {} : { "content-type": "application/json", "content-length": body.length };
    const request = http.request(`${server.url}${path}`, {
      agent,
      method: body === undefined ? "GET" : "POST",
      headers,
    });
    request.end(body);
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    await response.toArray();
    assert.equal(response.statusCode, 200);
    return response.rawHeaders.filter((_, place) => place % 2 === 0);
  }
  for (const names of [await namesOf("/v1/things/things/1?items=a"), await namesOf("/v1/whole", "{}")]) {
    assert.ok(names.includes("date"), names.join());
    assert.equal(names.filter(name => name === "content-length").length, 1);
  }
  // From a connection's first request of another kind on, all of it is node:http's.
  assert.ok((await namesOf("/livez")).includes("Date"));
  assert.ok((await namesOf("/v1/whole", "{}")).includes("Date"));
  agent.destroy();
});
