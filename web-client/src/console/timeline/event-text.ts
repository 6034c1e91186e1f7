import type { JsonValue, Registry } from "@bufbuild/protobuf";
import type { CallEvent, CallRecord, Received, Sent } from "../call/call-record.ts";
import { decodeMessage } from "../form/message-codec.ts";
import type { Method } from "../schema/schema.ts";
import { safeText } from "../shown-text.ts";

/** As much of a message as a row shows. */
const previewLength = 200;

/** A message that was read: its JSON, or why it is none. */
export type Decoded = { readonly json: JsonValue; readonly text: string } | { readonly problem: string };

const decoded = new WeakMap<CallEvent, Decoded>();

/** A message in Protobuf JSON, read when it is first looked at. */
export function decodeEvent(event: Sent | Received, method: Method, registry: Registry): Decoded {
  let known = decoded.get(event);
  if (!known) {
    known = decode(event, event.kind === "sent" ? method.desc.input : method.desc.output, registry);
    decoded.set(event, known);
  }
  return known;
}

function decode(
  { bytes, payloadAt, encoding }: Sent | Received,
  desc: Method["desc"]["input"],
  registry: Registry,
): Decoded {
  try {
    const json = decodeMessage(desc, bytes.subarray(payloadAt), encoding, registry);
    return { json, text: JSON.stringify(json, undefined, 2) };
  } catch (error) {
    return { problem: `no ${desc.typeName}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** An event in a line. */
export function previewOf(event: CallEvent, method: Method | undefined, registry: Registry | undefined): string {
  switch (event.kind) {
    case "sent":
    case "received": {
      if (event.bytes.length === 0) return "nothing but the path";
      if (!method || !registry) return "";
      const read = decodeEvent(event, method, registry);
      if ("problem" in read) return read.problem;
      // The beginning alone: a long text is not searched for what nobody sees.
      return safeText(read.text.slice(0, 4 * previewLength).replace(/\s*\n\s*/g, " ")).slice(0, previewLength);
    }
    case "half-closed":
      return "the request is complete";
    case "head":
      return `HTTP ${event.status}`;
    case "trailers":
      return (
        safeText(event.fields.map(([name, value]) => `${name}: ${value}`).join(", ")).slice(0, previewLength) || "none"
      );
    case "end":
      return safeText(event.message === "" ? event.code : `${event.code}: ${event.message}`).slice(0, previewLength);
  }
}

/** The number of the event that is shown where none is chosen: the newest message of the reply, else the end. */
export function newestOf({ events, dropped }: CallRecord): number | undefined {
  const at = events.findLastIndex(({ kind }) => kind === "received");
  if (at !== -1) return dropped + at;
  return events.length === 0 ? undefined : dropped + events.length - 1;
}
