import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { create, type DescMessage, type JsonObject, type MessageShape, toJson } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import type { Browser, Page } from "playwright-core";
import { serve } from "../host/served.ts";
import { EveryKind, EveryService, everyRegistry } from "../web-client/src/console/form/every-kind.fixture.ts";
import { openBrowser } from "./support/browser.ts";
import { onPage } from "./support/page.ts";
import { type ServiceHost, startHost } from "./support/service-host.ts";

type AnyMessage = MessageShape<DescMessage>;

const Child = EveryKind.fields.find(({ name }) => name === "a_child")?.message ?? assert.fail();

function child(firstName: string): AnyMessage {
  const message = create(Child);
  const field = Child.fields[0] ?? assert.fail();
  reflect(Child, message).set(field, firstName);
  return message;
}

/** Marks that turn the direction of writing, markup, and a text of 10 MB. */
const hostile = ["<img src=x onerror=alert(1)><script>alert(1)</script>", "safe\u202etxt.exe", "x".repeat(10_000_000)];

const manyMessages = 10_000;

let server: ServiceHost;
let browser: Browser;
const echoed: AnyMessage[] = [];
before(async () => {
  const implementation = {
    echo(request: AnyMessage) {
      echoed.push(request);
      return request;
    },
    async *many(request: AnyMessage) {
      const name = (request as unknown as { firstName: string }).firstName;
      if (name === "hostile") yield* hostile.map(child);
      else for (let i = 1; i <= manyMessages; i++) yield child(`reply ${i}`);
    },
  };
  // Its types are not known before the contract is read.
  const service = serve(EveryService, implementation as never);
  [server, browser] = await Promise.all([startHost(service), openBrowser()]);
});
after(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

function onMethod(name: string, use: (page: Page) => Promise<void>) {
  return onPage(browser, { url: `${server.baseUrl}/console#/every.v1.EveryService/${name}` }, use);
}

function send(page: Page) {
  return page.getByRole("button", { name: "Send", exact: true }).click();
}

function control(page: Page, path: string) {
  return page.locator(`[id="field:${encodeURIComponent(path)}"]`);
}

/** Fills in what `a_${type}` is, as a person types it. */
const typed: Readonly<Record<string, string>> = {
  a_double: "-1.5e300",
  a_float: "0.5",
  a_int64: "-9223372036854775808",
  a_uint64: "18446744073709551615",
  a_int32: "-2147483648",
  a_fixed64: "1",
  a_fixed32: "4294967295",
  a_string: "Zoë",
  a_uint32: "7",
  a_sfixed32: "-7",
  a_sfixed64: "-8",
  a_sint32: "-9",
  a_sint64: "-10",
  wkt_timestamp: "2026-01-02T03:04:05Z",
  wkt_duration: "1500ms",
  wkt_fieldmask: "a_string,a_child",
  wkt_struct: '{"a":[1,null]}',
  wkt_value: '"free"',
  wkt_listvalue: "[1,2]",
  wkt_int64value: "5",
  wkt_stringvalue: "wrapped",
  choice_text: "chosen",
  optional_int32: "0",
  ruled: "abc",
};

/** What was typed, in Protobuf JSON. */
const expected: JsonObject = {
  aDouble: -1.5e300,
  aFloat: 0.5,
  aInt64: "-9223372036854775808",
  aUint64: "18446744073709551615",
  aInt32: -2147483648,
  aFixed64: "1",
  aFixed32: 4294967295,
  aBool: true,
  aString: "Zoë",
  aBytes: "Ynl0ZXM=",
  aUint32: 7,
  aSfixed32: -7,
  aSfixed64: "-8",
  aSint32: -9,
  aSint64: "-10",
  manyString: ["first"],
  manyBytes: ["AAEC"],
  wktTimestamp: "2026-01-02T03:04:05Z",
  wktDuration: "1.500s",
  wktFieldmask: "aString,aChild",
  wktAny: { "@type": "type.googleapis.com/every.v1.Child", firstName: "Eve" },
  wktStruct: { a: [1, null] },
  wktValue: "free",
  wktListvalue: [1, 2],
  wktInt64value: "5",
  wktStringvalue: "wrapped",
  wktBytesvalue: "AP8=",
  anEnum: "COLOR_BLUE",
  aChild: { firstName: "Bob" },
  labels: { k: "v" },
  children: { "1": { firstName: "Ada" } },
  choiceText: "chosen",
  optionalInt32: 0,
  optionalBool: false,
  ruled: "abc",
};

test("every kind of field is typed into the form, sent, and comes back as it was typed", async () => {
  await onMethod("Echo", async page => {
    await page.getByRole("radio", { name: "choice_text" }).check();
    for (const [path, text] of Object.entries(typed)) await control(page, path).fill(text);
    await control(page, "a_bool").check();
    await control(page, "optional_bool").selectOption("false");
    await control(page, "an_enum").selectOption("COLOR_BLUE");
    await control(page, "a_bytes").fill("bytes");
    const bytesField = page.locator('[data-field="wkt_bytesvalue"]');
    await bytesField.getByRole("button", { name: "hex" }).click();
    await control(page, "wkt_bytesvalue").fill("00 ff");
    for (const name of ["many_string", "labels", "children"]) {
      await page.getByRole("button", { name: `+ ${name}`, exact: true }).click();
    }
    await control(page, "many_string[0]").fill("first");
    await page.getByLabel("Key 1 of labels").fill("k");
    await page.getByLabel("Key 1 of labels").press("Tab");
    await control(page, 'labels["k"]').fill("v");
    await control(page, 'children["1"].first_name').fill("Ada");
    await page.locator('[data-field="a_child"]').getByRole("button", { name: "+ Child" }).click();
    await control(page, "a_child.first_name").fill("Bob");
    await control(page, "wkt_any").fill("every.v1.Child");
    await control(page, "wkt_any").press("Tab");
    await control(page, "wkt_any.first_name").fill("Eve");
    const file = page.locator('[data-field="many_bytes"]');
    await file.getByRole("button", { name: "+ many_bytes" }).click();
    await file.locator("input[type=file]").setInputFiles({
      name: "data.bin",
      mimeType: "application/octet-stream",
      buffer: Buffer.from([0, 1, 2]),
    });
    await file.getByText("3 bytes").waitFor();
    // The server, which has no registry, would not know what an Any holds in JSON.
    await page.getByLabel("Connect", { exact: true }).check({ force: true });
    await send(page);
    await page.locator(".status[data-state=ok]").waitFor();
    const received = toJson(EveryKind, echoed.at(-1) ?? assert.fail(), { registry: everyRegistry }) as JsonObject;
    assert.deepEqual(received, expected);
    const shown = JSON.parse((await page.locator(".json-text").textContent()) ?? "") as JsonObject;
    assert.deepEqual(shown, received);
  });
});

test("hostile replies are shown as texts, and do nothing", async () => {
  await onMethod("Many", async page => {
    await control(page, "first_name").fill("hostile");
    await send(page);
    await page.locator(".status[data-state=ok]").waitFor();
    await page.locator(".json-text", { hasText: "xxxx" }).waitFor();
    await page.getByText("The first of 10.0 MB").waitFor();
    assert.equal((await page.locator(".json-text").textContent())?.length, 100_000);
    await page.locator(".event[data-kind=received]").first().click();
    await page.locator(".json-text", { hasText: "<script>alert(1)</script>" }).waitFor();
    assert.equal(await page.locator("#console :is(img, script)").count(), 0);
    await page.locator(".event[data-kind=received]").nth(1).click();
    await page.locator(".json-text", { hasText: "safe\\u202etxt.exe" }).waitFor();
    assert.doesNotMatch((await page.locator("#console").textContent()) ?? "", /\u202e/);
  });
});

test("ten thousand replies are counted and kept, and those in sight are drawn", async () => {
  await onMethod("Many", async page => {
    await send(page);
    await page.locator(".status[data-state=ok]").waitFor();
    await page.locator(".figures", { hasText: "10,000" }).waitFor();
    await page.locator(".json-text", { hasText: "reply 10000" }).waitFor();
    assert.ok((await page.locator(".event").count()) < 60);
    await page.locator(".events").focus();
    await page.keyboard.press("Home");
    await page.locator(".event[data-kind=sent]").waitFor();
    await page.keyboard.press("End");
    await page.locator(".event[data-kind=end]").waitFor();
  });
});
