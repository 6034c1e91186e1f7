import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAverage } from "./greeter.ts";

test("exact ties go to the even digit, as C's printf writes them", () => {
  const ties: [number, number, string][] = [
    [125, 4, "31.2"],
    [127, 4, "31.8"],
    [1, 4, "0.2"],
    [3, 4, "0.8"],
    [5, 4, "1.2"],
    [141, 4, "35.2"],
    [-1, 4, "-0.2"],
    [-3, 4, "-0.8"],
  ];
  for (const [sum, count, text] of ties) assert.equal(formatAverage(sum, count), text, `${sum}/${count}`);
});

test("what is no tie in binary is rounded by its exact value", () => {
  const others: [number, number, string][] = [
    [28 + 35 + 22, 3, "28.3"],
    [7, 20, "0.3"],
    [3, 20, "0.1"],
    [9, 20, "0.5"],
    [100, 1, "100.0"],
    [0, 3, "0.0"],
    [2147483647 * 3, 3, "2147483647.0"],
  ];
  for (const [sum, count, text] of others) assert.equal(formatAverage(sum, count), text, `${sum}/${count}`);
});
