import assert from "node:assert/strict";
import { test } from "node:test";
import type { DescField, JsonValue } from "@bufbuild/protobuf";
import { bytesText, modeFor, readBytesText } from "./bytes-text.ts";
import { chosenOf, type Draft, fieldValue, freeKey, renameKey, withField } from "./draft.ts";
import { EveryKind, everyRegistry } from "./every-kind.fixture.ts";
import { exampleOf } from "./example.ts";
import { decodeMessage, encodeMessage } from "./message-codec.ts";
import { parseJson, printJson } from "./parse-json.ts";
import { problemsOf } from "./problems.ts";
import { createRuleReader } from "./rules.ts";
import { type Control, shapeOf } from "./shape.ts";
import { readText, textOf } from "./value-text.ts";

const rules = createRuleReader(everyRegistry);

/** What somebody types for a control, and the JSON that it is. */
const typed: Readonly<Partial<Record<Control["kind"], readonly [text: string, json: JsonValue]>>> = {
  text: ["Zoë \u{1f514}", "Zoë \u{1f514}"],
  float: ["-1.5e3", -1500],
  enum: ["COLOR_BLUE", "COLOR_BLUE"],
  timestamp: ["2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z"],
  duration: ["1.500s", "1.500s"],
  mask: ["first_name,child.first_name", "firstName,child.firstName"],
};

/** A value of a control, by way of its text where it has one. */
function someValue(control: Control): JsonValue {
  switch (control.kind) {
    case "integer": {
      const text = String(control.max);
      const json = readText(control, text);
      assert.equal(typeof json, control.long ? "string" : "number");
      assert.equal(textOf(json), text);
      return json ?? null;
    }
    case "bool":
      return true;
    case "bytes": {
      const json = readBytesText("hex", "00 ff 80");
      assert.equal(bytesText("hex", json), "00 ff 80");
      return json;
    }
    case "any":
      return { "@type": "type.googleapis.com/every.v1.Child", firstName: "Ada" };
    case "json":
      return JSON.parse(control.zero) as JsonValue;
    case "message":
      return { firstName: "Ada", child: { firstName: "Bob" } };
    default: {
      const [text, json] = typed[control.kind] ?? assert.fail(control.kind);
      assert.deepEqual(readText(control, text), json);
      assert.deepEqual(readText(control, textOf(json)), json);
      return json;
    }
  }
}

function draftOf(field: DescField): Draft {
  const { many, control, key } = shapeOf(field);
  const value = someValue(control);
  if (many === "list") return withField({}, field, [value, value]);
  if (many !== "map") return withField({}, field, value);
  const keys = key?.kind === "text" ? ["a", 'b"c'] : key?.kind === "bool" ? ["true", "false"] : ["-1", "2"];
  return withField({}, field, Object.fromEntries(keys.map(name => [name, value])));
}

for (const field of EveryKind.fields) {
  test(`a field ${field.name} is the same after form, JSON, wire, JSON and form`, () => {
    const draft = draftOf(field);
    const broken = [...problemsOf(EveryKind, draft, rules).keys()];
    assert.deepEqual(broken, field.name === "ruled" ? ["ruled"] : []);
    const reading = parseJson(printJson(draft));
    assert.ok(reading.ok);
    assert.deepEqual(reading.value, draft);
    for (const encoding of ["proto", "json"] as const) {
      const bytes = encodeMessage(EveryKind, reading.value, encoding, everyRegistry);
      const decoded = decodeMessage(EveryKind, bytes, encoding, everyRegistry) as Draft;
      assert.deepEqual(fieldValue(decoded, field), fieldValue(draft, field));
    }
  });
}

function fieldNamed(name: string): DescField {
  return EveryKind.fields.find(field => field.name === name) ?? assert.fail(name);
}

test("a member of a oneof takes the place of the one that is set", () => {
  const [text, child] = [fieldNamed("choice_text"), fieldNamed("choice_child")];
  const oneof = text.oneof ?? assert.fail();
  const draft = withField({ choice_text: "a" }, child, {});
  assert.deepEqual(draft, { choiceChild: {} });
  assert.equal(chosenOf(draft, oneof), child);
  assert.equal(chosenOf(withField(draft, child, undefined), oneof), undefined);
});

test("a field is found by its name in the contract, too, and set by its JSON name alone", () => {
  const field = fieldNamed("a_string");
  assert.equal(fieldValue({ a_string: "x" }, field), "x");
  assert.deepEqual(withField({ a_string: "x" }, field, "y"), { aString: "y" });
});

test("null is unset, but for a Value", () => {
  assert.equal(fieldValue({ aString: null }, fieldNamed("a_string")), undefined);
  assert.equal(fieldValue({ wktValue: null }, fieldNamed("wkt_value")), null);
});

test("a number that JavaScript cannot hold comes through the text as it was written", () => {
  const reading = parseJson('{"aInt64": 9223372036854775807, "aDouble": 1e300, "aInt32": 7}');
  assert.deepEqual(reading, { ok: true, value: { aInt64: "9223372036854775807", aDouble: 1e300, aInt32: 7 } });
});

test("a text that is no JSON is told with its line", () => {
  const reading = parseJson('{\n  "a": 1,\n  b\n}');
  assert.ok(!reading.ok);
  assert.equal(reading.line, 3);
});

test("keys of a map are renamed at their place, and new ones are free", () => {
  const map = { a: 1, b: 2, c: 3 };
  assert.equal(JSON.stringify(renameKey(map, "b", "x")), '{"a":1,"x":2,"c":3}');
  assert.equal(JSON.stringify(renameKey(map, "a", "c")), '{"c":1,"b":2}');
  assert.equal(freeKey({ key1: 1 }, false), "key2");
  assert.equal(freeKey({ 1: 1 }, true), "2");
});

test("what is no value of its type is kept, and named", () => {
  const cases: readonly (readonly [field: string, text: string, problem: RegExp])[] = [
    ["a_int32", "12a", /whole number/],
    ["a_int32", "2147483648", /from -2147483648 to 2147483647/],
    ["a_uint64", "-1", /from 0 to 18446744073709551615/],
    ["a_float", "1.2.3", /number/],
    ["wkt_timestamp", "yesterday", /time such as/],
    ["wkt_duration", "soon", /duration such as/],
    ["an_enum", "GREEN", /value of Color/],
  ];
  for (const [name, text, problem] of cases) {
    const field = fieldNamed(name);
    const json = readText(shapeOf(field).control, text);
    const problems = problemsOf(EveryKind, withField({}, field, json), rules);
    assert.equal(textOf(json), text);
    assert.match(problems.get(name) ?? "", problem);
    assert.throws(() => encodeMessage(EveryKind, withField({}, field, json), "proto", everyRegistry), /cannot decode/);
  }
});

test("problems name fields within lists, maps and messages as servers do", () => {
  const draft = {
    manyInt32: [1, "x"],
    labels: { "a.b": 7 },
    aChild: { child: { firstName: 1 } },
    unknown: 1,
  };
  assert.deepEqual(
    [...problemsOf(EveryKind, draft, rules).keys()],
    ["many_int32[1]", "a_child.child.first_name", 'labels["a.b"]', "unknown"],
  );
});

test("rules of the contract are told in words, and checked", () => {
  const field = fieldNamed("ruled");
  assert.deepEqual(
    rules.of(field).checks.map(({ words }) => words),
    ["have at most 5 characters", "match ^[a-z]*$"],
  );
  const problemWith = (text: string) => problemsOf(EveryKind, { ruled: text }, rules).get("ruled");
  assert.equal(problemWith("abcdef"), "must have at most 5 characters");
  assert.equal(problemWith("ABC"), "must match ^[a-z]*$");
  assert.equal(problemWith("abc"), undefined);
});

test("a mask takes snake case, a duration other units", () => {
  assert.equal(readText({ kind: "mask" }, "create_time, name"), "createTime,name");
  for (const [text, json] of [
    ["1500ms", "1.5s"],
    ["2m", "120s"],
    ["-0.5h", "-1800s"],
    ["250 ms", "0.25s"],
  ] as const) {
    assert.equal(readText({ kind: "duration" }, text), json);
  }
});

test("bytes are typed as text, hex or base64, and what is unfinished is refused", () => {
  assert.equal(readBytesText("text", "hé"), "aMOp");
  assert.equal(bytesText("text", "aMOp"), "hé");
  assert.equal(bytesText("hex", "aMOp"), "68 c3 a9");
  assert.deepEqual([modeFor("aMOp"), modeFor("AAE="), modeFor("?")], ["text", "hex", "base64"]);
  const unfinished = readBytesText("hex", "68 c");
  assert.equal(bytesText("hex", unfinished), "68 c");
  assert.match(problemsOf(EveryKind, { aBytes: unfinished }, rules).get("a_bytes") ?? "", /pairs of hex/);
  assert.throws(() => encodeMessage(EveryKind, { aBytes: unfinished }, "proto", everyRegistry), /a_bytes/);
});

test("an example has every field but what nobody can guess, and breaks no rule", () => {
  const example = exampleOf(EveryKind, { rules, now: 0, uuid: () => "0".repeat(36) });
  assert.deepEqual([...problemsOf(EveryKind, example, rules)], []);
  encodeMessage(EveryKind, example, "proto", everyRegistry);
  const missing = EveryKind.fields.filter(field => !(field.jsonName in example)).map(({ name }) => name);
  assert.deepEqual(missing, ["wkt_fieldmask", "wkt_any", "choice_child", "choice_none"]);
});
