import assert from "node:assert/strict";
import { test } from "node:test";
import { networkOf } from "./network.ts";

const cases = {
  "192.0.2.1": "192.0.2.1",
  "::ffff:192.0.2.1": "192.0.2.1",
  "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
  "[2001:DB8:1:2::9]": "2001:db8:1:2::/64",
  "2001:db8::1": "2001:db8:0:0::/64",
  "2001:db8::192.0.2.1": "2001:db8:0:0::/64",
  "::1": "0:0:0:0::/64",
  "fe80::1%eth0": "fe80:0:0:0::/64",
  "192.0.2.1:4711": "192.0.2.1",
  "[2001:db8::1]:4711": "2001:db8:0:0::/64",
  "[::ffff:192.0.2.1]:4711": "192.0.2.1",
  "192.0.2.256": "unknown",
  "in-process": "unknown",
  "": "unknown",
};
for (const [address, network] of Object.entries(cases)) {
  test(`the network of "${address}" is "${network}"`, () => assert.equal(networkOf(address), network));
}
