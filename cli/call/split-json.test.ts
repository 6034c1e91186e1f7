import assert from "node:assert/strict";
import { test } from "node:test";
import { splitJson } from "./split-json.ts";

/** What a text is cut into, given whole and in pieces of one and of three characters. */
async function split(text: string): Promise<(readonly [number, string])[]> {
  const inPieces = (size: number) => text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
  const [whole = [], ...others] = await Promise.all(
    [[text], inPieces(1), inPieces(3)].map(async pieces =>
      (await Array.fromAsync(splitJson(pieces))).map(({ line, value }) => [line, value] as const),
    ),
  );
  for (const other of others) assert.deepEqual(other, whole);
  return whole;
}

test("values are told apart, each with the line that it begins in", async () => {
  for (const [text, values] of [
    [
      '{"a":1}\n{"b":2}\n',
      [
        [1, '{"a":1}'],
        [2, '{"b":2}'],
      ],
    ],
    [
      '\n\n {"a":\n[1, {}]\n}{"b":2}',
      [
        [3, '{"a":\n[1, {}]\n}'],
        [5, '{"b":2}'],
      ],
    ],
    [
      '{"a":"}\\"{"}\r\n[]',
      [
        [1, '{"a":"}\\"{"}'],
        [2, "[]"],
      ],
    ],
    [
      '"x y" 1 null\ttrue{}',
      [
        [1, '"x y"'],
        [1, "1"],
        [1, "null"],
        [1, "true"],
        [1, "{}"],
      ],
    ],
    [" \n ", []],
    ["", []],
  ] as const) {
    assert.deepEqual(await split(text), values, text);
  }
});

test("what is no JSON ends where its line or its brackets do, so that the next value is read as it stands", async () => {
  for (const [text, values] of [
    [
      '{"a\n{"b":1}',
      [
        [1, '{"a'],
        [2, '{"b":1}'],
      ],
    ],
    [
      "}\n{}",
      [
        [1, "}"],
        [2, "{}"],
      ],
    ],
    [
      "{]{}",
      [
        [1, "{]"],
        [1, "{}"],
      ],
    ],
    ["{\n", [[1, "{\n"]]],
  ] as const) {
    assert.deepEqual(await split(text), values, text);
  }
});

test("a value is there as soon as it is whole", async () => {
  async function* typed() {
    yield '{"name":';
    yield '"Ada"}';
    assert.equal(seen.length, 1);
    yield "\n";
  }
  const seen: string[] = [];
  for await (const { value } of splitJson(typed())) seen.push(value);
  assert.deepEqual(seen, ['{"name":"Ada"}']);
});
