import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";

test("a header of version 00 is read and written", () => {
  const text = `00-${traceId}-${spanId}-01`;
  assert.deepEqual(parseTraceparent(text), { traceId, spanId, flags: 1 });
  assert.equal(formatTraceparent({ traceId, spanId, flags: 1 }), text);
  assert.equal(formatTraceparent({ traceId, spanId, flags: 0x10 }).slice(-2), "10");
});

test("a later version may say more", () => {
  assert.deepEqual(parseTraceparent(`cc-${traceId}-${spanId}-00`), { traceId, spanId, flags: 0 });
  assert.deepEqual(parseTraceparent(`cc-${traceId}-${spanId}-00-more`), { traceId, spanId, flags: 0 });
});

for (const [name, text] of Object.entries({
  "no text": "",
  "version ff": `ff-${traceId}-${spanId}-01`,
  "more in version 00": `00-${traceId}-${spanId}-01-more`,
  "upper case": `00-${traceId.toUpperCase()}-${spanId}-01`,
  "a trace id of zeros": `00-${"0".repeat(32)}-${spanId}-01`,
  "a span id of zeros": `00-${traceId}-${"0".repeat(16)}-01`,
  "a short trace id": `00-${traceId.slice(1)}-${spanId}-01`,
  "no flags": `00-${traceId}-${spanId}`,
  "flags of three digits": `cc-${traceId}-${spanId}-011`,
  "two headers": `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`,
  "a text without end": `cc-${traceId}-${spanId}-01-${"x".repeat(1000)}`,
})) {
  test(`${name} is no trace`, () => assert.equal(parseTraceparent(text), undefined));
}
