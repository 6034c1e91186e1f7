import assert from "node:assert/strict";
import { test } from "node:test";
import { parseServers } from "./server-list.ts";

test("gRPC's names stand for many servers", () => {
  for (const [text, usesTls, servers, baseUrl] of [
    ["dns:///api.example.com:50051", false, ["api.example.com", 50051, undefined], "http://api.example.com:50051/"],
    ["dns:api.example.com:50051", true, ["api.example.com", 50051, undefined], "https://api.example.com:50051/"],
    ["dns:///api", true, ["api", 443, undefined], "https://api/"],
    ["dns:///api", false, ["api", 80, undefined], "http://api/"],
    ["dns:///[::1]:50051", false, ["::1", 50051, undefined], "http://[::1]:50051/"],
    ["dns://10.0.0.10/api:1", false, ["api", 1, "10.0.0.10"], "http://api:1/"],
    ["dns://[::1]:5353/api:1", false, ["api", 1, "[::1]:5353"], "http://api:1/"],
  ] as const) {
    const [host, port, dnsServer] = servers;
    assert.deepEqual(parseServers(text, usesTls), {
      servers: { kind: "name", host, port, dnsServer },
      baseUrl,
    });
  }
});

test("a list of URLs stands for many servers, and one URL for one", () => {
  const urls = ["http://a:1", "http://b:2"];
  assert.deepEqual(parseServers(urls, false), {
    servers: { kind: "list", urls: urls.map(url => new URL(url)) },
    baseUrl: "http://a:1",
  });
  assert.equal(parseServers("http://a:1", false), undefined);
  assert.equal(parseServers("unix:/a", false), undefined);
});

test("what stands for no servers is refused by what is wrong with it", () => {
  for (const [text, message] of [
    ["dns:", /baseUrl "dns:" is not dns:\/\/\/host:port/],
    ["dns://host:1", /is not dns:\/\/\/host:port/],
    ["dns:///host:1/path", /is not dns:\/\/\/host:port/],
    ["dns:///host:x", /is not dns:\/\/\/host:port/],
    ["dns://name/host:1", /the DNS server "name" is not an address/],
    [[], /baseUrl is an empty list/],
    [["unix:/a"], /baseUrl "unix:\/a" is not an http or https URL/],
    [["http://a", "https://b"], /another scheme or path than "http:\/\/a\/"/],
    [["http://a/x", "http://b/y"], /"http:\/\/b\/y" has another scheme or path/],
  ] as const) {
    assert.throws(() => parseServers(text, false), { name: "TypeError", message });
  }
});
