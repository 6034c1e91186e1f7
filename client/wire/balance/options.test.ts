import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeClientOptions } from "../../node-endpoint.ts";
import { createWireTransport } from "../transport.ts";
import { toBalance } from "./options.ts";

test("the defaults are gRPC's, but for servers that can be two", () => {
  assert.deepEqual(toBalance({}), {
    policy: "round-robin",
    health: "",
    outliers: {
      intervalMs: 10_000,
      baseEjectionMs: 30_000,
      maxEjectionMs: 300_000,
      maxEjectionPercent: 10,
      failurePercentage: { threshold: 85, minimumHosts: 2, requestVolume: 50 },
      successRate: { stdevFactor: 1.9, minimumHosts: 5, requestVolume: 100 },
    },
    subset: { size: Number.POSITIVE_INFINITY, seed: "" },
    refreshMs: 30_000,
    resolve: undefined,
    onUnavailable: undefined,
  });
  const { outliers } = toBalance({ outliers: { failurePercentage: false, successRate: false } });
  assert.deepEqual(outliers && [outliers.failurePercentage, outliers.successRate], [false, false]);
  assert.equal(toBalance({ outliers: false }).outliers, false);
  const [one, other] = [toBalance({ subset: { size: 3 } }), toBalance({ subset: { size: 3 } })];
  assert.notEqual(one.subset.seed, other.subset.seed);
});

test("a wrong option is refused by its name", () => {
  const baseUrl = "dns:///greeter:1";
  for (const [options, message] of [
    [{ balance: { policy: "random" } }, /^TypeError: balance.policy "random" is not one of round-robin, least-loaded$/],
    [{ balance: { health: true } }, /^TypeError: balance.health "true" is not the name of a service or false$/],
    [{ balance: { resolve: "dns" } }, /^TypeError: balance.resolve is not a function$/],
    [{ balance: { onUnavailable: true } }, /^TypeError: balance.onUnavailable is not a function$/],
    [{ balance: { refreshMs: 10 } }, /^RangeError: balance.refreshMs "10" is not a number from 1000 to 86400000$/],
    [{ balance: { subset: { size: 0 } } }, /^RangeError: balance.subset.size "0" is not/],
    [{ balance: { subset: { size: 1, seed: 7 } } }, /^TypeError: balance.subset.seed "7" is not a string$/],
    [{ balance: { outliers: { intervalMs: 1 } } }, /^RangeError: balance.outliers.intervalMs "1" is not/],
    [{ balance: { outliers: { maxEjectionPercent: 101 } } }, /^RangeError: balance.outliers.maxEjectionPercent/],
    [{ balance: { outliers: { failurePercentage: { threshold: "x" } } } }, /failurePercentage.threshold "x" is not/],
    [{ balance: { outliers: { successRate: { stdevFactor: -1 } } } }, /successRate.stdevFactor "-1" is not/],
    [{ balance: { retries: 1 } }, /^TypeError: there is no option "balance.retries"$/],
    [{ balance: { subset: { size: 1, count: 1 } } }, /^TypeError: there is no option "balance.subset.count"$/],
    [{ transport: "node" }, /^TypeError: baseUrl "dns:\/\/\/greeter:1" stands for many servers, and transport "node"/],
    [{ baseUrl: "http://a", balance: {} }, /^TypeError: balance is set, and baseUrl "http:\/\/a" is one server$/],
    [{ tls: { ca: "pem" } }, /^TypeError: tls.ca is no certificate in PEM/],
  ] as const) {
    assert.throws(
      () => createWireTransport({ baseUrl, ...options } as unknown as NodeClientOptions),
      error => message.test(String(error)),
      String(message),
    );
  }
});
