import { Collector } from "./collect.fixture.ts";
import { Flag } from "./frames.ts";
import { type Frame, Peer } from "./peer.fixture.ts";
import type { Stream } from "./stream.ts";

/** A server whose calls are listened to and read, and then in the test's hands. */
export class Served {
  readonly streams: Stream[] = [];
  readonly collectors: Collector[] = [];
  readonly peer = new Peer(true, {
    request: stream => {
      const collector = new Collector();
      this.streams.push(stream);
      this.collectors.push(collector);
      stream.listen(collector);
      stream.resume();
    },
  }).greet();

  get stream(): Stream {
    return this.streams.at(-1) as Stream;
  }

  get collector(): Collector {
    return this.collectors.at(-1) as Collector;
  }
}

/** Frames by name, and whether they end their stream. */
export function kinds(frames: readonly Frame[]): string[] {
  const names = ["DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH", "PING", "GOAWAY", "WINDOW_UPDATE"];
  return frames.map(({ type, flags }) => `${names[type]}${type < 2 && (flags & Flag.endStream) !== 0 ? " end" : ""}`);
}
