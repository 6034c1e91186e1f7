import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { envelop } from "../protocol/envelope.ts";
import { openHttp2 } from "./support/open-http2.ts";
import { startServer } from "./support/server.ts";

/** The most that the server says of a message that it refuses, whatever is wrong in it. */
const maxReply = 16 * 1024;

/** How a compressed message is sent: in each protocol. */
const forms = {
  gRPC: { type: "application/grpc", encoding: "grpc-encoding", enveloped: true },
  "gRPC-Web": { type: "application/grpc-web+proto", encoding: "grpc-encoding", enveloped: true },
  Connect: { type: "application/proto", encoding: "content-encoding", enveloped: false },
  "Connect, JSON": { type: "application/json", encoding: "content-encoding", enveloped: false },
} as const;

const plainReply = { te: "trailers", "accept-encoding": "identity", "grpc-accept-encoding": "identity" };

interface Answer {
  /** gRPC's number or Connect's name of the code; undefined for OK. */
  readonly code: string | undefined;
  /** Bytes of headers, body and trailers. */
  readonly size: number;
}

/** Calls with one compressed message, over HTTP/2. */
async function call(port: number, path: string, form: keyof typeof forms, message: Uint8Array): Promise<Answer> {
  const { type, encoding, enveloped } = forms[form];
  const session = openHttp2(`http://127.0.0.1:${port}`);
  const stream = session.request(
    { ":method": "POST", ":path": path, "content-type": type, [encoding]: "gzip", ...plainReply },
    { endStream: false },
  );
  const heads: Record<string, unknown>[] = [];
  stream.on("response", fields => heads.push(fields)).on("trailers", fields => heads.push(fields));
  const compressed = gzipSync(message);
  stream.end(enveloped ? envelop(1, compressed) : compressed);
  const body = Buffer.concat(await stream.toArray());
  const closed = once(session, "close");
  session.close();
  await closed;
  const text = body.toString("latin1");
  const status = heads.map(head => head["grpc-status"]).find(code => code !== undefined);
  const [, code] = (form === "gRPC-Web" ? /grpc-status: (\d+)/ : /"code":"(\w+)"/).exec(text) ?? [];
  return { code: status === undefined ? code : String(status), size: JSON.stringify(heads).length + body.length };
}

/** As `call` tells INVALID_ARGUMENT. */
const invalid = ["3", "invalid_argument"];

const ids = (count: number) => ({
  binary: Buffer.alloc(2 * count, Buffer.from([0x0a, 0x00])),
  json: Buffer.from(`{"ids":[${'"",'.repeat(count - 1)}""]}`),
});

for (const LANE of ["wire", "connect"]) {
  test(`${LANE} lane: what a message is refused with does not grow with what is wrong in it`, async () => {
    await using server = await startServer({ LANE, LOG_LEVEL: "silent" });
    const path = "/concierge.directory.v1.DirectoryService/BatchGetUsers";
    for (const form of Object.keys(forms) as (keyof typeof forms)[]) {
      for (const count of [1000, 200_000, 1_000_000]) {
        const { binary, json } = ids(count);
        const { code, size } = await call(server.port, path, form, form.endsWith("JSON") ? json : binary);
        assert.ok(invalid.includes(code ?? ""), `${form}, ${count} ids: ${code}`);
        assert.ok(size < maxReply, `${form}, ${count} ids: ${size} bytes`);
      }
    }
  });
}

/** Bytes of a message that is as large as it may be. */
const size = 4 * 1024 * 1024 - 64;

/** Messages that would take up to a second to decode and hundreds of megabytes. */
const costly: readonly { readonly what: string; readonly json: boolean; readonly message: Buffer }[] = [
  { what: "fields that nobody knows", json: false, message: Buffer.alloc(size, Buffer.from([0x38, 1])) },
  { what: "groups within each other", json: false, message: Buffer.alloc(size, 0x3b) },
  { what: "arrays within each other", json: true, message: Buffer.from(`{"x":${"[".repeat(size / 2)}`) },
  { what: "objects within each other", json: true, message: Buffer.from(`{"x":${'{"a":'.repeat(size / 6)}`) },
  { what: "a name for each value", json: true, message: Buffer.from(`{${names(300_000)}}`) },
];

function names(count: number): string {
  return Array.from({ length: count }, (_, n) => `"${n.toString(16)}":0`).join();
}

for (const form of Object.keys(forms) as (keyof typeof forms)[]) {
  test(`${form}: a message that is more work than its bytes is refused before it is decoded`, async () => {
    await using server = await startServer({ LANE: "wire", LOG_LEVEL: "silent" });
    for (const { what, message } of costly.filter(({ json }) => json === form.endsWith("JSON"))) {
      const { code, size } = await call(server.port, "/greeter.Greeter/SayHello", form, message);
      assert.ok(invalid.includes(code ?? ""), `${what}: ${code}`);
      assert.ok(size < maxReply, `${what}: ${size} bytes`);
    }
  });
}
