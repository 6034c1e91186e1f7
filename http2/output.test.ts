import assert from "node:assert/strict";
import { test } from "node:test";
import { Output, type Sink } from "./output.ts";
import { seeded } from "./peer.fixture.ts";
import { SlabPool, slabBytes } from "./slabs.ts";

/** A socket that takes all at once, or keeps what it is given until it is told to send. */
class Socket implements Sink {
  isSlow = false;
  writableLength = 0;
  readonly writes: Buffer[] = [];
  #kept: Buffer[] = [];

  write(bytes: Buffer): void {
    if (!this.isSlow) {
      this.writes.push(Buffer.from(bytes));
      return;
    }
    // Read when it is sent, as the kernel does.
    this.#kept.push(bytes);
    this.writableLength += bytes.length;
  }

  cork(): void {}

  uncork(): void {}

  send(): void {
    for (const bytes of this.#kept) this.writes.push(Buffer.from(bytes));
    this.#kept = [];
    this.writableLength = 0;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.writes);
  }
}

test("Bytes come out as they went in, small and large, by a fast socket and a slow one", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const below = seeded(seed);
    const pool = new SlabPool(0xaa);
    const socket = new Socket();
    const output = new Output(socket, pool);
    const expected: Buffer[] = [];
    for (let step = 0; step < 200; step++) {
      const bytes = Buffer.alloc(below(3) === 0 ? below(40_000) : below(200), 1 + below(100));
      expected.push(Buffer.from(bytes));
      output.append(bytes);
      if (below(10) === 0) output.flush();
      if (below(10) === 0) {
        if (socket.isSlow) socket.send();
        socket.isSlow = !socket.isSlow;
      }
    }
    output.flush();
    socket.send();
    assert.ok(socket.bytes.equals(Buffer.concat(expected)), `seed ${seed}`);
    assert.equal(socket.bytes.includes(0xaa), false);
  }
});

test("A turn's small frames go out in one write, and their slab is used again", () => {
  const pool = new SlabPool();
  const socket = new Socket();
  const output = new Output(socket, pool);
  for (let index = 0; index < 100; index++) output.append(Buffer.alloc(100));
  assert.equal(socket.writes.length, 0);
  output.flush();
  assert.equal(socket.writes.length, 1);
  assert.equal(pool.spare, 1);
  const slab = pool.take();
  pool.give(slab);
  assert.equal(output.reserve(1), slab);
});

test("A slab that the socket still reads is not used again", () => {
  const pool = new SlabPool(0xaa);
  const socket = new Socket();
  socket.isSlow = true;
  const output = new Output(socket, pool);
  output.append(Buffer.from("first"));
  output.flush();
  assert.equal(pool.spare, 0);
  output.append(Buffer.from("second"));
  output.flush();
  socket.send();
  assert.equal(socket.bytes.toString(), "firstsecond");
});

test("A large body is not copied", () => {
  let written: Buffer | undefined;
  const body = Buffer.alloc(10_000, 1);
  const sink = {
    writableLength: 0,
    write(bytes: Buffer) {
      written = bytes;
    },
    cork() {},
    uncork() {},
  };
  const output = new Output(sink, new SlabPool());
  output.append(body);
  output.flush();
  assert.equal(written?.buffer, body.buffer);
  assert.equal(written?.byteOffset, body.byteOffset);
});

test("More than 32 KiB do not wait for the turn's end", () => {
  const socket = new Socket();
  const output = new Output(socket, new SlabPool());
  for (let index = 0; index < 5; index++) output.append(Buffer.alloc(8_000));
  assert.ok(socket.bytes.length >= 32_000);
  assert.ok(output.gathered < slabBytes);
});

test("Output is blocked above 128 KiB unsent, and clogged above 192", () => {
  const socket = new Socket();
  const output = new Output(socket, new SlabPool());
  socket.writableLength = 131_072;
  assert.equal(output.blocked, false);
  output.append(Buffer.from("x"));
  assert.equal(output.blocked, true);
  socket.writableLength = 196_607;
  assert.equal(output.clogged, false);
  socket.writableLength = 196_608;
  assert.equal(output.clogged, true);
});
