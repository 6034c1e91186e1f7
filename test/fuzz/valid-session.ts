import { Flag, FrameType, preface } from "../../http2/frames.ts";
import { HpackEncoder } from "../../http2/hpack/encoder.ts";
import { frame, uint32 } from "../../http2/peer.fixture.ts";
import { SettingId, settingsPayload } from "../../http2/settings.ts";
import type { Random } from "../support/random.ts";
import { bytesStep, type Step } from "./plan.ts";
import { paths } from "./watched-call.ts";

/** Encodes heads in the order in which they are sent, as HPACK has to. */
class Heads {
  readonly #encoder = new HpackEncoder();

  frame(id: number, fields: readonly string[], end: boolean): Buffer {
    const block = Buffer.alloc(this.#encoder.maxLength(fields));
    const length = this.#encoder.encode(fields, block, 0);
    return frame(FrameType.headers, Flag.endHeaders | (end ? Flag.endStream : 0), id, block.subarray(0, length));
  }
}

/** What one stream sends, in order; made when it is sent. */
type Script = (() => Step)[];

/** A session by the rules, of up to eight streams whose frames are mixed, as the engine's peer sends it. */
export function validSession(random: Random, isServer: boolean): Step[] {
  const heads = new Heads();
  const scripts = Array.from({ length: 1 + random.below(8) }, (_, n) =>
    isServer ? request(random, heads, 2 * n + 1) : response(random, heads, 2 * n + 1),
  );
  const steps = opening(random, isServer);
  // Streams are opened in the order of their ids, RFC 9113 section 5.1.1.
  for (let opened = 0; scripts.some(script => script.length > 0); ) {
    const n = random.below(Math.min(opened + 1, scripts.length));
    const next = scripts[n]?.shift();
    if (next !== undefined) steps.push(next());
    if (n === opened) opened++;
    if (random.chance(0.1)) steps.push(between(random));
  }
  return steps;
}

function opening(random: Random, isServer: boolean): Step[] {
  const settings: [number, number][] = [];
  if (random.chance(0.3)) settings.push([SettingId.initialWindowSize, random.pick([0, 1, 100, 65_535, 1_000_000])]);
  if (random.chance(0.2)) settings.push([SettingId.headerTableSize, random.pick([0, 100, 4_096, 65_536])]);
  if (random.chance(0.2)) settings.push([SettingId.maxConcurrentStreams, random.pick([1, 3, 100])]);
  if (random.chance(0.1)) settings.push([SettingId.maxHeaderListSize, random.pick([60, 1_000])]);
  const steps: Step[] = [
    bytesStep("SETTINGS", frame(FrameType.settings, 0, 0, settingsPayload(settings)), random.chance(0.5)),
    bytesStep("SETTINGS ACK", frame(FrameType.settings, Flag.ack, 0), random.chance(0.5)),
  ];
  return isServer ? [bytesStep("preface", preface, random.chance(0.5)), ...steps] : steps;
}

function fields(random: Random): string[] {
  const list: string[] = [];
  if (random.chance(0.5)) list.push("user-agent", "fuzz");
  for (let n = random.below(4); n > 0; n--) list.push(`x-${random.below(20)}`, "v".repeat(random.below(60)));
  if (random.chance(0.1)) list.push("x-long", "l".repeat(random.below(9_000)));
  if (random.chance(0.1)) list.push("cookie", "a=1", "cookie", "b=2");
  return list;
}

/** A body's frames, and how the stream ends. */
function rest(random: Random, heads: Heads, id: number, length: number): Script {
  const script: Script = [];
  const hasTrailers = random.chance(0.3);
  for (let left = length; left > 0; ) {
    const bytes = Math.min(left, 1 + random.below(random.pick([10, 1_000, 16_384])));
    left -= bytes;
    const flags = left === 0 && !hasTrailers ? Flag.endStream : 0;
    script.push(() => bytesStep("DATA", frame(FrameType.data, flags, id, Buffer.alloc(bytes, id)), random.chance(0.3)));
  }
  if (hasTrailers) script.push(() => bytesStep("trailers", heads.frame(id, ["x-sum", "1"], true)));
  else if (length === 0) script.push(() => bytesStep("DATA", frame(FrameType.data, Flag.endStream, id)));
  return script;
}

function request(random: Random, heads: Heads, id: number): Script {
  const isGet = random.chance(0.3);
  const length = isGet ? 0 : random.below(random.pick([1, 50, 5_000, 60_000]));
  const stated = !isGet && random.chance(0.4) ? ["content-length", String(length)] : [];
  const target = [":scheme", "http", ":authority", "localhost", ":path", random.pick(paths)];
  const head = [":method", isGet ? "GET" : "POST", ...target, ...fields(random), ...stated];
  const first = () => bytesStep("HEADERS", heads.frame(id, head, isGet), random.chance(0.4));
  return isGet ? [first] : [first, ...rest(random, heads, id, length)];
}

function response(random: Random, heads: Heads, id: number): Script {
  const method = random.pick(["GET", "POST", "HEAD"]);
  const length = method === "HEAD" ? 0 : random.below(random.pick([1, 50, 5_000, 60_000]));
  const bodyBytes = method === "POST" ? random.below(random.pick([1, 100, 100_000])) : 0;
  const script: Script = [() => ({ kind: "open", method, bodyBytes })];
  if (random.chance(0.2)) script.push(() => bytesStep("HEADERS 103", heads.frame(id, [":status", "103"], false)));
  const head = [":status", random.pick(["200", "404", "503"]), ...fields(random)];
  script.push(() => bytesStep("HEADERS", heads.frame(id, head, length === 0), random.chance(0.4)));
  return length === 0 ? script : [...script, ...rest(random, heads, id, length)];
}

/** What belongs to no stream, and keeps the rules. */
function between(random: Random): Step {
  switch (random.below(6)) {
    case 0:
      return bytesStep("PING", frame(FrameType.ping, 0, 0, Buffer.alloc(8, random.below(256))));
    case 1:
      return bytesStep("WINDOW_UPDATE", frame(FrameType.windowUpdate, 0, 0, uint32(1 + random.below(100_000))));
    case 2:
      return { kind: "wait", ms: random.pick([10, 300, 1_500, 30_000]) };
    case 3:
      return { kind: "clog", bytes: random.pick([0, 0, 140_000, 300_000]) };
    case 4: {
      const window = settingsPayload([[SettingId.initialWindowSize, random.below(200_000)]]);
      return bytesStep("SETTINGS", frame(FrameType.settings, 0, 0, window));
    }
    default:
      return random.chance(0.1) ? { kind: "leave" } : bytesStep("unknown", frame(0xee, 0xff, random.below(9)));
  }
}
