import type { PortCounts } from "../listener/port-counts.ts";
import type { Family } from "./text.ts";

/** The most reasons that are told apart: they are ours, but some name what a peer sent. */
const maxReasons = 64;

/** Counts what was cut, by reason: a limit of the listener's, a budget of an engine's, a fault of a peer's. */
export class CutCounts {
  readonly #counts = new Map([["other", 0]]);

  add(reason: string): void {
    // Of a fault's text, what differs from peer to peer.
    const name = reason.replace(/\d+/g, "N");
    const key = this.#counts.has(name) || this.#counts.size < maxReasons ? name : "other";
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  families(): Family[] {
    const values = [...this.#counts].map(([reason, value]) => ({ labels: { reason }, value }));
    const help = "Connections and requests that were cut, by the limit, the budget or the fault that did it.";
    return [{ name: "concierge_cuts_total", help, type: "counter", values }];
  }
}

/** What a port tells of its connections, and of the streams of our HTTP/2 engine. */
export function portFamilies({ accepted, dropped, open, streams, openStreams, resets }: PortCounts): Family[] {
  function by(label: string, counts: Readonly<Record<string, number>>) {
    return Object.entries(counts).map(([name, value]) => ({ labels: { [label]: name }, value }));
  }
  return [
    {
      name: "concierge_connections",
      help: "Open connections, by what they speak; none before that is known.",
      type: "gauge",
      values: by("protocol", open),
    },
    {
      name: "concierge_connections_accepted_total",
      help: "Connections that were accepted.",
      type: "counter",
      values: [{ value: accepted }],
    },
    {
      name: "concierge_connections_dropped_total",
      help: "Connections that were closed at once, as there were too many.",
      type: "counter",
      values: [{ value: dropped }],
    },
    {
      name: "concierge_http2_streams_open",
      help: "Streams that are open, on our HTTP/2 engine.",
      type: "gauge",
      values: [{ value: openStreams }],
    },
    {
      name: "concierge_http2_streams_total",
      help: "Streams that clients opened, on our HTTP/2 engine.",
      type: "counter",
      values: [{ value: streams }],
    },
    {
      name: "concierge_http2_resets_total",
      help: "Streams that ended before they were finished: by the peer, by us, or with their connection.",
      type: "counter",
      values: by("by", resets),
    },
  ];
}
