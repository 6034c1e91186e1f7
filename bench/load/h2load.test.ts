import assert from "node:assert/strict";
import { test } from "node:test";
import { parseReport } from "./h2load.ts";

const printed = `starting benchmark...
spawning thread #0: 10 total client(s). 400 total requests
Application protocol: h2c
progress: 100% done

finished in 102.34ms, 9771.12 req/s, 1.21MB/s
requests: 1000 total, 1000 started, 1000 done, 997 succeeded, 3 failed, 2 errored, 1 timeout
status codes: 996 2xx, 0 3xx, 0 4xx, 1 5xx
traffic: 126.85KB (129892) total, 37.20KB (38092) headers (space savings 87.65%), 69.50KB (71168) data
                     min         max         mean         sd        +/- sd
time for request:      210us     45.12ms     18.49ms       500us    71.10%
time for connect:      101us       512us       303us       120us    60.00%
time to 1st byte:     2.11ms     12.01ms      7.22ms      2.80ms    60.00%
req/s           :     977.40     1011.21      990.10       10.12    70.00%
`;

test("a report is read, with its times in milliseconds and each request without a 2xx as bad", () => {
  assert.deepEqual(parseReport(printed), {
    rate: 9771.12,
    done: 1000,
    bad: 7,
    dataBytes: 71168,
    meanMs: 18.49,
    sdMs: 0.5,
  });
});

test("a report with nothing wrong has nothing bad", () => {
  const good = printed
    .replace("997 succeeded, 3 failed, 2 errored, 1 timeout", "1000 succeeded, 0 failed, 0 errored, 0 timeout")
    .replace("996 2xx, 0 3xx, 0 4xx, 1 5xx", "1000 2xx, 0 3xx, 0 4xx, 0 5xx");
  assert.equal(parseReport(good).bad, 0);
});

test("what is no report is told whole", () => {
  assert.throws(() => parseReport("usage: h2load"), /printed no .*\nusage: h2load/);
});
