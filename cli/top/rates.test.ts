import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { WatchCountersResponseSchema } from "../../gen/concierge/admin/v1/admin_pb.ts";
import { methodRates, quantile } from "./rates.ts";

function sample(seconds: number, started: bigint, errors: bigint, counts: bigint[]) {
  const durations = { bounds: [0.001, 0.01], counts, sum: 0 };
  const handled = [
    { code: 0, count: started - errors },
    { code: 5, count: errors },
  ];
  return create(WatchCountersResponseSchema, {
    process: { uptime: { seconds: BigInt(seconds) } },
    methods: [
      { method: "a.A/Never" },
      { method: "a.A/Open", started: 1n, inFlight: 1n },
      { method: "a.A/Busy", started, handled, durations },
    ],
  });
}

test("rates are of the time between two looks, the busiest method first", () => {
  const rates = methodRates(sample(10, 100n, 4n, [100n, 0n, 0n]), sample(12, 140n, 10n, [120n, 20n, 0n]));
  assert.deepEqual(
    rates.map(({ method, perSecond, errorsPerSecond, inFlight }) => [method, perSecond, errorsPerSecond, inFlight]),
    [
      ["a.A/Busy", 20, 3, 0],
      ["a.A/Open", 0, 0, 1],
    ],
  );
  assert.equal(rates[0]?.p50, 0.001);
  assert.ok(Math.abs((rates[0]?.p99 ?? 0) - 0.00982) < 1e-9);
  assert.equal(rates[1]?.p50, undefined);
});

test("with one look no rate is known", () => {
  assert.deepEqual(
    methodRates(undefined, sample(10, 100n, 4n, [100n, 0n, 0n])).map(({ perSecond }) => perSecond),
    [0, 0],
  );
});

test("a quantile above all bounds is the last of them", () => {
  assert.equal(quantile(0.5, [1, 2], [0, 0, 3]), 2);
  assert.equal(quantile(0.5, [1, 2], [0, 4, 0]), 1.5);
  assert.equal(quantile(0.5, [1, 2], [0, 0, 0]), undefined);
});
