import assert from "node:assert/strict";
import { test } from "node:test";
import { createClientAddress } from "./client-address.ts";

const proxies = ["10.0.0.0/8", "192.0.2.7", "2001:db8:aa::/48"];

for (const [what, peer, forwardedFor, client] of [
  ["a stranger is not believed", "198.51.100.1", "203.0.113.1", undefined],
  ["a proxy is believed", "10.1.2.3", "203.0.113.1", "203.0.113.1"],
  ["a proxy with an IPv6 address is believed", "2001:db8:aa::1", "203.0.113.1", "203.0.113.1"],
  ["a proxy whose IPv4 address came as an IPv6 one is believed", "::ffff:10.1.2.3", "203.0.113.1", "203.0.113.1"],
  ["what a client claims stands before what the proxy saw", "10.1.2.3", "10.9.9.9, 1.1.1.1,203.0.113.1", "203.0.113.1"],
  ["proxies in a row are believed as far as each is one", "10.1.2.3", "1.1.1.1, 203.0.113.1, 192.0.2.7", "203.0.113.1"],
  ["where all are proxies, it came from the first", "10.1.2.3", "192.0.2.7", "192.0.2.7"],
  ["a proxy that added nothing is the client", "10.1.2.3", "", undefined],
  ["a port is not part of the address", "10.1.2.3", "203.0.113.1:4711", "203.0.113.1"],
  ["nor is that of an IPv6 address", "10.1.2.3", "[2001:db8::1]:4711", "2001:db8::1"],
  ["what is no address leaves it with the proxy", "10.1.2.3", "203.0.113.1, unknown", undefined],
] as const) {
  test(what, () => assert.equal(createClientAddress(proxies)(peer, forwardedFor), client));
}

test("without proxies, nothing that is claimed counts", () => {
  assert.equal(createClientAddress([])("10.1.2.3", "203.0.113.1"), undefined);
});
