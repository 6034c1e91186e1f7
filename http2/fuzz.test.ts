import assert from "node:assert/strict";
import { test } from "node:test";
import { echoEvents } from "./echo.fixture.ts";
import { frame, framesOf, get, Peer, post, seeded, uint32 } from "./peer.fixture.ts";
import { SettingId, settingsPayload } from "./settings.ts";

/** How many sessions are tried; by hand 150,000 were. */
const sessions = Number(process.env.FUZZ_SESSIONS ?? 1_000);

/** One session of random frames, most of them right, in random cuts; ends as soon as its connection does. */
function play(seed: number): void {
  const below = seeded(seed);
  let failure: unknown;
  const peer = new Peer(true, {
    ...echoEvents,
    failed: error => {
      failure ??= error;
    },
  });
  if (below(20) > 0) peer.greet();
  let id = 1;
  for (let step = 0; step < 40 && !peer.isEnded; step++) {
    const some = Math.max(1, id - 2 * below(4));
    const bytes = (() => {
      switch (below(12)) {
        case 0:
        case 1:
          id += 2;
          return peer.headers(
            id,
            below(2) === 0 ? get : [...post, "content-length", String(below(50))],
            below(2) === 0,
          );
        case 2:
        case 3:
          return peer.data(some, Buffer.alloc(below(below(5) === 0 ? 16_385 : 60)), below(3) === 0);
        case 4:
          return peer.widen(below(3) === 0 ? 0 : some, below(100_000));
        case 5:
          return peer.reset(some, below(14));
        case 6:
          return frame(4, 0, 0, settingsPayload([[SettingId.initialWindowSize, below(200_000)]]));
        case 7:
          return frame(6, below(2), 0, Buffer.alloc(8, below(256)));
        case 8:
          return peer.headers(some, ["x-trailer", "yes"], below(4) > 0);
        case 9:
          return frame(
            below(14),
            below(256),
            below(6),
            Buffer.from(Array.from({ length: below(30) }, () => below(256))),
          );
        case 10:
          return Buffer.from(Array.from({ length: below(3) === 0 ? below(40) : 0 }, () => below(256)));
        default:
          return frame(7, 0, 0, uint32(below(10), below(14)));
      }
    })();
    const cut = below(bytes.length + 1);
    peer.connection.receive(bytes.subarray(0, cut));
    if (below(8) === 0) peer.clock.advance(below(4) === 0 ? 20_000 : 50);
    if (below(6) === 0) peer.writableLength = below(2) * 250_000;
    if (peer.writableLength === 0) peer.connection.writable();
    peer.connection.receive(bytes.subarray(cut));
    // Whatever goes out is whole frames, without a byte that nobody wrote; echoes hold none of 0xAA but by the peer.
    framesOf(peer.takeBytes());
  }
  peer.connection.lost();
  assert.equal(failure, undefined, `seed ${seed}: ${failure}`);
  assert.equal(peer.connection.streams.size, 0, `seed ${seed}: streams are left`);
  assert.equal(peer.connection.outbound.queuedBytes, 0, `seed ${seed}: bytes are left`);
  assert.equal(peer.connection.growth.left, 4 * 1024 * 1024, `seed ${seed}: window growth is left`);
  assert.equal(peer.connection.starts.count, 0, `seed ${seed}: calls are left`);
}

test("No session of random frames brings up an error of ours or leaves anything behind", () => {
  for (let seed = 1; seed <= sessions; seed++) play(seed);
});
