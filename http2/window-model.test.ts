import assert from "node:assert/strict";
import { test } from "node:test";
import { Collector } from "./collect.fixture.ts";
import { Flag, FrameType, maxInt31 } from "./frames.ts";
import { frame, Peer, post, seeded } from "./peer.fixture.ts";
import { SettingId, settingsPayload } from "./settings.ts";
import type { Stream } from "./stream.ts";

/** What a peer of ours must keep to, in integers. */
class SendModel {
  connection = 65_535;
  initial = 65_535;
  readonly streams = new Map<number, { window: number; received: Buffer[]; ended: boolean }>();

  open(id: number): void {
    this.streams.set(id, { window: this.initial, received: [], ended: false });
  }

  receive(peer: Peer): void {
    for (const { type, flags, id, payload } of peer.take()) {
      assert.notEqual(type, FrameType.goaway, payload.toString("utf8", 8));
      const stream = this.streams.get(id);
      if (type !== FrameType.data || stream === undefined) continue;
      assert.ok(!stream.ended, `DATA follows END_STREAM on ${id}`);
      assert.ok(payload.length <= 16_384);
      stream.window -= payload.length;
      this.connection -= payload.length;
      if (payload.length > 0) {
        assert.ok(stream.window >= 0, `DATA exceeds the window of ${id}`);
        assert.ok(this.connection >= 0, "DATA exceeds the connection's window");
      }
      stream.received.push(payload);
      stream.ended = (flags & Flag.endStream) !== 0;
    }
  }
}

test("No byte is sent above a window or lost, and none waits that may go, whatever the peer does to its windows", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const below = seeded(seed);
    const streams: Stream[] = [];
    const peer = new Peer(true, { request: stream => void streams.push(stream) }).greet();
    const model = new SendModel();
    const written = new Map<number, Buffer[]>();
    let value = 0;
    for (let id = 1; id <= 15; id += 2) {
      peer.send(peer.headers(id, post, true));
      model.open(id);
      written.set(id, []);
    }
    for (const stream of streams) {
      stream.listen(new Collector());
      stream.respond([":status", "200"]);
    }
    for (let step = 0; step < 150; step++) {
      const stream = streams[below(streams.length)] as Stream;
      switch (below(6)) {
        case 0:
        case 1: {
          const chunk = Buffer.alloc(below(4) === 0 ? below(70_000) : below(300), ++value & 0xff);
          if (!stream.isEnding) written.get(stream.id)?.push(Buffer.from(chunk));
          stream.write(chunk);
          break;
        }
        case 2: {
          const increment = 1 + below(20_000);
          model.connection += increment;
          peer.send(peer.widen(0, increment));
          break;
        }
        case 3: {
          const increment = 1 + below(20_000);
          const of = model.streams.get(stream.id);
          if (of !== undefined && !of.ended) of.window += increment;
          peer.send(peer.widen(stream.id, increment));
          break;
        }
        case 4: {
          const initial = below(100_000);
          for (const of of model.streams.values()) of.window += initial - model.initial;
          model.initial = initial;
          peer.send(frame(FrameType.settings, 0, 0, settingsPayload([[SettingId.initialWindowSize, initial]])));
          break;
        }
        default:
          peer.writableLength = below(2) === 0 ? 0 : 200_000;
          if (peer.writableLength === 0) peer.connection.writable();
          if (below(10) === 0) stream.end();
      }
      model.receive(peer);
      if (peer.writableLength > 0) continue;
      for (const { id, queue, isClosed } of streams) {
        const of = model.streams.get(id);
        const mayGo = (of?.window ?? 0) > 0 && model.connection > 0;
        assert.ok(isClosed || queue === undefined || !mayGo, `seed ${seed}, step ${step}: stream ${id} stalls`);
      }
    }
    // All windows opened, all of it must come.
    peer.writableLength = 0;
    for (const stream of streams) stream.end();
    peer.send(peer.widen(0, maxInt31 - model.connection));
    model.connection = maxInt31;
    for (const [id, of] of model.streams) {
      if (of.ended) continue;
      // One increment alone may not open a window below zero.
      if (of.window < 0) peer.send(peer.widen(id, -of.window));
      of.window = Math.max(of.window, 0);
      peer.send(peer.widen(id, maxInt31 - of.window));
      of.window = maxInt31;
    }
    model.receive(peer);
    for (const [id, { received, ended }] of model.streams) {
      assert.ok(ended, `seed ${seed}: stream ${id} did not end`);
      assert.ok(Buffer.concat(received).equals(Buffer.concat(written.get(id) ?? [])), `seed ${seed}: stream ${id}`);
    }
    assert.equal(peer.connection.outbound.queuedBytes, 0);
  }
});

test("What a peer may send is what was granted and not consumed, whatever is read and paused", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const below = seeded(seed);
    const streams: Stream[] = [];
    const collectors: Collector[] = [];
    const peer = new Peer(true, {
      request: stream => {
        const collector = new Collector();
        stream.listen(collector);
        collectors.push(collector);
        streams.push(stream);
      },
    });
    peer.greet();
    const granted = new Map([[0, peer.connection.window.available]]);
    const sent = new Map<number, Buffer[]>();
    for (let id = 1; id <= 9; id += 2) {
      peer.send(peer.headers(id, post));
      granted.set(id, 65_535);
      sent.set(id, []);
    }
    const learn = () => {
      for (const { type, id, payload } of peer.take()) {
        assert.notEqual(type, FrameType.goaway, `seed ${seed}`);
        if (type === FrameType.windowUpdate) granted.set(id, (granted.get(id) ?? 0) + payload.readUInt32BE(0));
      }
    };
    for (let step = 0; step < 200; step++) {
      const at = below(streams.length);
      const stream = streams[at] as Stream;
      const action = below(8);
      if (action === 0) stream.pause();
      else if (action === 1) stream.resume();
      else if (action === 2) stream.want(below(2_000_000));
      else {
        const most = Math.min(granted.get(stream.id) ?? 0, granted.get(0) ?? 0, 16_384);
        const length = below(most + 1);
        if (length === 0) continue;
        // Padding counts like data, with the byte that tells its length.
        const padding = below(4) === 0 ? Math.min(below(256), length - 1) : -1;
        const bytes = Buffer.alloc(length - padding - 1, step & 0xff);
        granted.set(stream.id, (granted.get(stream.id) ?? 0) - length);
        granted.set(0, (granted.get(0) ?? 0) - length);
        sent.get(stream.id)?.push(bytes);
        peer.clock.advance(below(3));
        if (padding < 0) peer.send(peer.data(stream.id, bytes));
        else {
          const payload = Buffer.concat([Buffer.from([padding]), bytes, Buffer.alloc(padding)]);
          peer.send(frame(FrameType.data, Flag.padded, stream.id, payload));
        }
      }
      learn();
      for (const { id, window } of streams)
        assert.equal(window.available, granted.get(id), `seed ${seed}, stream ${id}`);
      assert.equal(peer.connection.window.available, granted.get(0));
      // No stream that is paused holds back another.
      assert.ok((granted.get(0) ?? 0) > 4_000_000, `seed ${seed}`);
    }
    for (const [index, stream] of streams.entries()) {
      stream.resume();
      learn();
      // All is read: at most a quarter of the window is yet to be given back.
      assert.ok((granted.get(stream.id) ?? 0) * 4 > stream.window.size * 3 - 4, `seed ${seed}, stream ${stream.id}`);
      const collector = collectors[index] as Collector;
      assert.ok(Buffer.concat(collector.chunks).equals(Buffer.concat(sent.get(stream.id) ?? [])));
      stream.reset();
    }
    assert.equal(peer.connection.growth.left, 4 * 1024 * 1024, "growth is given back");
  }
});
