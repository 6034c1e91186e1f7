import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { Greeter } from "../gen/greeter/greeter_pb.ts";
import { createJsonCodec } from "./codec.ts";

const { input, output } = Greeter.method.sayHello;
const json = createJsonCodec(input, output);

function nameIn(bytes: Buffer): unknown {
  return (json.parse(bytes) as unknown as { readonly name: string }).name;
}

test("JSON that is not UTF-8 is refused, never stored as something else", () => {
  for (const encoding of ["latin1", "utf16le"] as const) {
    assert.throws(
      () => nameIn(Buffer.from('{"name":"Zo\u00eb"}', encoding)),
      (error: unknown) => {
        assert.ok(error instanceof ConnectError && error.code === Code.InvalidArgument);
        assert.match(error.rawMessage, /UTF-8|JSON/);
        return true;
      },
    );
  }
  // A surrogate on its own, in the form that UTF-8 forbids (RFC 3629 section 3).
  assert.throws(
    () => nameIn(Buffer.from([...Buffer.from('{"name":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')])),
    /UTF-8/,
  );
});

test("any UTF-8 is read, with and without a byte order mark", () => {
  for (const name of ["Zo\u00eb", "\u{1f600}", "\ufffd", ""]) {
    assert.equal(nameIn(Buffer.from(JSON.stringify({ name }))), name);
    assert.equal(nameIn(Buffer.from(`\ufeff${JSON.stringify({ name })}`)), name);
  }
});
