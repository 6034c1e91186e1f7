import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { DescService, JsonValue } from "@bufbuild/protobuf";
import { compileEverything, createAsk, refusal } from "./ask.fixture.ts";

let everything: DescService;
before(() => {
  everything = compileEverything();
});

test("query parameters of every type that one text can be are read, in both spellings", () => {
  const ask = createAsk(everything);
  const table: Readonly<Record<string, JsonValue>> = {
    "": {},
    "text=a+b%26%C3%A9": { text: "a b&é" },
    "text=": {},
    text: {},
    "&&text=a&": { text: "a" },
    "text=a=b": { text: "a=b" },
    "number=-2147483648": { number: -2147483648 },
    "big_number=18446744073709551615": { bigNumber: "18446744073709551615" },
    "bigNumber=1": { bigNumber: "1" },
    "signed=-9223372036854775808": { signed: "-9223372036854775808" },
    "ratio=-1.5e3": { ratio: -1500 },
    "ratio=NaN": { ratio: "NaN" },
    "flag=true": { flag: true },
    "flag=false": {},
    "data=AQID": { data: "AQID" },
    "color=COLOR_RED": { color: "COLOR_RED" },
    "color=1": { color: "COLOR_RED" },
    "color=77": { color: 77 },
    "texts=a&texts=b&texts=a": { texts: ["a", "b", "a"] },
    "numbers=1&numbers=2": { numbers: [1, 2] },
    "colors=COLOR_RED&colors=0": { colors: ["COLOR_RED", "COLOR_UNSPECIFIED"] },
    "inner.text=a&inner.inner.inner.text=b": { inner: { text: "a", inner: { inner: { text: "b" } } } },
    "time=2026-01-02T03:04:05.5Z": { time: "2026-01-02T03:04:05.500Z" },
    "span=1.5s": { span: "1.500s" },
    "mask=text,bigNumber,inner.text": { mask: "text,bigNumber,inner.text" },
    "mask=text,big_number": { mask: "text,bigNumber" },
    "wrapped=5": { wrapped: 5 },
    "wrapped_text=": { wrappedText: "" },
    "maybe=": { maybe: "" },
    "left=a": { left: "a" },
  };
  for (const [query, wanted] of Object.entries(table))
    assert.deepEqual(ask(`GET /v1/get?${query}`), ["Get", wanted], query);
});

test("a query that is not as the contract says is refused with the parameter and the bound", () => {
  const ask = createAsk(everything);
  const table: Readonly<Record<string, RegExp>> = {
    "nothing=1": /query parameter "nothing" is unknown: test\.Everything has no field "nothing"/,
    "inner.nothing=1": /"inner\.nothing" is unknown: test\.Inner has no field "nothing"/,
    "text.a=1": /"text" has no fields of its own/,
    "time.seconds=1": /"time" has no fields of its own/,
    "__proto__=1": /"__proto__" is unknown/,
    "=1": /"" is unknown/,
    "text=a&text=b": /text is given twice/,
    "bigNumber=1&big_number=1": /big_number is given twice/,
    "number=2147483648": /number "2147483648" is not an integer from -2147483648 to 2147483647/,
    "number=": /number "" is not an integer/,
    "number=1.0": /not an integer/,
    "number=0x10": /not an integer/,
    "positive=-1": /positive "-1" is not an integer from 0 to 4294967295/,
    "big_number=18446744073709551616": /not an integer from 0 to 18446744073709551615/,
    "signed=9223372036854775808": /from -9223372036854775808 to 9223372036854775807/,
    "ratio=1e999": /ratio "1e999" is not a number/,
    "ratio=one": /ratio "one" is not a number/,
    "flag=1": /flag "1" is not true or false/,
    "data=%25": /data/,
    "color=RED": /color "RED" is no test\.Color: one of COLOR_UNSPECIFIED, COLOR_RED, or a number/,
    "inner=a": /"inner" is a field that no text can be/,
    "inners=a": /"inners" is a field that no text can be/,
    "pairs=a": /"pairs" is a field that no text can be/,
    "object=a": /"object" is a field that no text can be/,
    "left=a&right=b": /oneof/,
    "time=yesterday": /Timestamp/,
    "text=%": /query parameter "text=%": each % must be followed/,
    "text=%ff": /each % must be followed by the two hex digits of a byte in UTF-8/,
    "%zz=1": /each % must be followed/,
  };
  for (const [query, message] of Object.entries(table))
    assert.throws(() => ask(`GET /v1/get?${query}`), refusal(message), query);
});
