import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { createResolve } from "./resolve-names.ts";

/** A question's name, its type behind it, and where both end (RFC 1035 section 4.1.2). */
function readQuestion(query: Buffer) {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join("."), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** A DNS server that knows addresses by name and type, with a TTL in seconds; of other names it says that there are none. */
async function startDns(known: Readonly<Record<string, readonly (readonly [address: Buffer, ttl: number])[]>>) {
  const socket = createSocket("udp4");
  socket.on("message", (query, { port, address }) => {
    const { name, type, end } = readQuestion(query);
    const records = known[`${name} ${type}`] ?? [];
    const head = Buffer.from(query.subarray(0, 12));
    // A reply, without an error or by NXDOMAIN; one question, so many answers.
    head.writeUInt16BE(records.length > 0 ? 0x8180 : 0x8183, 2);
    head.writeUInt16BE(records.length, 6);
    head.writeUInt32BE(0, 8);
    const answers = records.map(([bytes, ttl]) => {
      const record = Buffer.alloc(12);
      // The name is that of the question.
      record.writeUInt16BE(0xc00c, 0);
      record.writeUInt16BE(type, 2);
      record.writeUInt16BE(1, 4);
      record.writeUInt32BE(ttl, 6);
      record.writeUInt16BE(bytes.length, 10);
      return Buffer.concat([record, bytes]);
    });
    socket.send(Buffer.concat([head, query.subarray(12, end), ...answers]), port, address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { address: `127.0.0.1:${socket.address().port}`, [Symbol.dispose]: () => socket.close() };
}

test("a DNS server tells the addresses of a name, and for how long", async () => {
  const v6 = Buffer.alloc(16);
  v6[15] = 1;
  using dns = await startDns({
    "api.example.com 1": [
      [Buffer.from([10, 0, 0, 1]), 30],
      [Buffer.from([10, 0, 0, 2]), 5],
    ],
    "api.example.com 28": [[v6, 60]],
    "six.example.com 28": [[v6, 60]],
  });
  const resolve = createResolve(dns.address);
  assert.deepEqual(await resolve("api.example.com"), {
    addresses: [{ host: "10.0.0.1" }, { host: "10.0.0.2" }],
    ttlMs: 5_000,
  });
  assert.deepEqual(await resolve("six.example.com"), { addresses: [{ host: "::1" }], ttlMs: 60_000 });
  assert.deepEqual(await resolve("10.0.0.3"), { addresses: [{ host: "10.0.0.3" }] });
  await assert.rejects(resolve("other.example.com"), { code: "ENOTFOUND" });
});

test("the system's resolver knows the names of this machine", async () => {
  const { addresses, ttlMs } = await createResolve(undefined)("localhost");
  assert.deepEqual(addresses, [{ host: "127.0.0.1" }]);
  assert.equal(ttlMs, undefined);
});
