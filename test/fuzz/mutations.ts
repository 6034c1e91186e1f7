import { Flag, FrameType, maxInt31 } from "../../http2/frames.ts";
import { frame, uint32 } from "../../http2/peer.fixture.ts";
import { SettingId, settingsPayload } from "../../http2/settings.ts";
import type { Random } from "../support/random.ts";
import { type BytesStep, bytesStep, type Step } from "./plan.ts";

/** Changes a session at a place, mostly into one that no correct peer sends. */
type Mutation = (random: Random, steps: Step[], at: number) => void;

const head = 9;

/** Changes the frame at a place, or the one behind it; a session without any stays. */
function onFrame(change: (random: Random, bytes: Buffer) => Buffer): Mutation {
  return (random, steps, at) => {
    const found = steps.findIndex((step, n) => n >= at && step.kind === "bytes" && step.bytes.length >= head);
    const step = steps[found] as BytesStep | undefined;
    if (step === undefined) return;
    steps[found] = { ...step, name: `${step.name}*`, bytes: change(random, Buffer.from(step.bytes)) };
  };
}

function inserting(name: string, make: (random: Random) => Buffer): Mutation {
  return (random, steps, at) => {
    steps.splice(at, 0, bytesStep(name, make(random), random.chance(0.5)));
  };
}

const noise = (random: Random, length: number) =>
  Buffer.from(Array.from({ length: random.below(length) }, () => random.below(256)));
const someId = (random: Random) => random.pick([0, 1, 2, 3, 5, 7, 9, 101, maxInt31, 0x8000_0001]);
const someValue = (random: Random) => random.pick([0, 1, 100, 16_384, 65_535, maxInt31, 0x8000_0000, 0xffff_ffff]);
const again = (times: number, bytes: Buffer) => Buffer.concat(Array.from({ length: times }, () => bytes));

/** RFC 7541: indices beyond the tables, integers without end, strings cut short, EOS, size updates out of place. */
const blocks: readonly Buffer[] = [
  ...[[], [0x80], [0xff, 0xff, 0xff, 0xff, 0xff, 0x0f], [0xff], [0x3f, 0xff, 0xff, 0xff, 0x0f], [0x20, 0x20, 0x20]],
  ...[[0x82, 0x20], [0x40, 0x0a, 0x61], [0x40, 0x84, 0xff, 0xff, 0xff, 0xff, 0x00], [0x00, 0x81, 0x00, 0x00], [0xbe]],
  ...[
    [0x40, 0x00, 0x00],
    [0x00, 0x01, 0x41, 0x00],
    [0x10, 0x01, 0x0a, 0x01, 0x0d],
  ],
].map(bytes => Buffer.from(bytes));

/** A header block in pieces; with `end` the last one says so. */
function pieces(random: Random, bytes: Buffer, end: boolean): Buffer {
  const id = bytes.readUInt32BE(5);
  const count = 1 + random.below(12);
  const size = Math.ceil((bytes.length - head) / count);
  const parts = Array.from({ length: count + 1 }, (_, n) => bytes.subarray(head + n * size, head + (n + 1) * size));
  return Buffer.concat(
    parts.map((part, n) => {
      const flags = end && n === count ? Flag.endHeaders : 0;
      return n === 0
        ? frame(FrameType.headers, (bytes[4] ?? 0) & Flag.endStream, id, part)
        : frame(FrameType.continuation, flags, id, part);
    }),
  );
}

/** All that is tried. */
const mutations: readonly Mutation[] = [
  onFrame((random, bytes) => {
    bytes[3] = random.below(12);
    return bytes;
  }),
  onFrame((random, bytes) => {
    bytes[4] = (bytes[4] ?? 0) ^ (1 << random.below(8));
    return bytes;
  }),
  onFrame((random, bytes) => {
    bytes.writeUInt32BE(someId(random), 5);
    return bytes;
  }),
  // A length that is not the payload's: what follows is read at the wrong place.
  onFrame((random, bytes) => {
    bytes.writeUIntBE(random.pick([0, 1, 3, 5, 8, 255, 16_384, 16_385, 0xff_ffff]), 0, 3);
    return bytes;
  }),
  onFrame((random, bytes) => {
    const payload = Buffer.concat([bytes.subarray(head, head + random.below(bytes.length)), noise(random, 12)]);
    return frame(bytes[3] ?? 0, bytes[4] ?? 0, bytes.readUInt32BE(5), payload);
  }),
  onFrame((random, bytes) => {
    bytes[random.below(bytes.length)] = random.below(256);
    return bytes;
  }),
  onFrame((random, bytes) => bytes.subarray(0, random.below(bytes.length))),
  onFrame((random, bytes) => pieces(random, bytes, random.chance(0.7))),
  onFrame((random, bytes) => {
    const padding = random.pick([0, 1, 100, 255]);
    const payload = Buffer.concat([Buffer.from([padding]), bytes.subarray(head), Buffer.alloc(random.below(256))]);
    return frame(bytes[3] ?? 0, (bytes[4] ?? 0) | Flag.padded, bytes.readUInt32BE(5), payload);
  }),
  // Order: one step elsewhere, twice, or not at all; the end of it all.
  (random, steps, at) => {
    steps.splice(random.below(steps.length), 0, ...steps.splice(at, 1));
  },
  (_, steps, at) => {
    steps.splice(at, 0, ...steps.slice(at, at + 1));
  },
  (_, steps, at) => {
    steps.splice(at, 1);
  },
  (random, steps, at) => {
    if (random.chance(0.3)) steps.length = at;
  },
  inserting("noise", random => noise(random, 60)),
  inserting("HEADERS of garbage", random => {
    const block = random.chance(0.5) ? random.pick(blocks) : noise(random, 40);
    return frame(FrameType.headers, Flag.endHeaders | random.below(2), someId(random), block);
  }),
  inserting("CONTINUATION", random =>
    again(1 + random.below(12), frame(FrameType.continuation, random.below(8), someId(random), noise(random, 9))),
  ),
  inserting("WINDOW_UPDATE", random =>
    again(random.pick([1, 1, 300]), frame(FrameType.windowUpdate, 0, someId(random), uint32(someValue(random)))),
  ),
  inserting("SETTINGS", random => {
    const entries = Array.from({ length: random.pick([1, 2, 40]) }, (): [number, number] => [
      random.pick([0, 1, 2, 3, SettingId.initialWindowSize, 5, 6, 8, 0xffff]),
      someValue(random),
    ]);
    return frame(FrameType.settings, 0, random.chance(0.9) ? 0 : 1, settingsPayload(entries));
  }),
  // A window that closes, opens by a byte, and closes again.
  inserting("windows", random =>
    Buffer.concat(
      Array.from({ length: 1 + random.below(20) }, (_, n) =>
        frame(FrameType.settings, 0, 0, settingsPayload([[SettingId.initialWindowSize, n % 2]])),
      ),
    ),
  ),
  inserting("RST_STREAM", random =>
    again(random.pick([1, 1, 200]), frame(FrameType.reset, 0, someId(random), uint32(someValue(random)))),
  ),
  inserting("empty DATA", random => again(random.pick([1, 150]), frame(FrameType.data, 0, someId(random)))),
  inserting("PING", random =>
    again(random.pick([1, 150]), frame(FrameType.ping, random.below(2), 0, Buffer.alloc(random.pick([8, 7])))),
  ),
  inserting("GOAWAY", random =>
    frame(
      FrameType.goaway,
      0,
      0,
      uint32(someId(random) & maxInt31, random.below(20), ...[1, 2].slice(random.below(3))),
    ),
  ),
  inserting("any frame", random => frame(random.below(14), random.below(256), someId(random), noise(random, 40))),
];

/** Changes a session in up to six ways; one in six stays as it is. */
export function mutate(random: Random, steps: Step[]): void {
  for (let n = random.below(7); n > 0 && steps.length > 0; n--) {
    random.pick(mutations)(random, steps, random.below(steps.length));
  }
}

/** Cuts some of the bytes in two, at any place: they are read in other pieces than they were sent. */
export function cut(random: Random, steps: readonly Step[]): Step[] {
  return steps.flatMap(step => {
    if (step.kind !== "bytes" || random.chance(0.7)) return [step];
    const at = random.below(step.bytes.length + 1);
    const rest = { ...step, name: `${step.name}, rest`, bytes: step.bytes.subarray(at) };
    return [{ ...step, bytes: step.bytes.subarray(0, at), joined: false }, rest];
  });
}
