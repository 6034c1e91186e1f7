import type { Registry } from "@bufbuild/protobuf";
import { useMemo } from "preact/hooks";
import type { CallEvent, CallRecord, Received, Sent, Trailers } from "../call/call-record.ts";
import type { Method } from "../schema/schema.ts";
import { safeText, shownLength, sizeText } from "../shown-text.ts";
import { schema, selectedEvent, shownCall } from "../state.ts";
import { decodeEvent, newestOf } from "../timeline/event-text.ts";
import { decodeEnd, decodeFrame } from "./decode-frame.ts";
import { HexDump } from "./hex-dump.tsx";
import { httpHead } from "./http-head.ts";
import { LinkedJson } from "./linked-json.tsx";
import { litText } from "./lit.ts";
import { RegionTable } from "./region-table.tsx";

/** As many bytes of a message as are shown: more would stall the page, and nobody reads them. */
const shownBytes = 8 * 1024;

/** Messages that can be chosen here; the timeline has all of them. */
const shownFrames = 50;

type Frame = Sent | Received | Trailers;

/** The bytes of the call: what each of them is, and the JSON that it stands for. */
export function WireView() {
  const record = shownCall();
  const method = record && schema.value?.methods.get(record.method);
  if (!record || !method || !schema.value) return <p class="empty">The bytes of a call show here once it is made.</p>;
  const { number, frame } = chosenFrame(record);
  return (
    <>
      <Heads record={record} />
      <FrameChoice record={record} chosen={number} />
      {frame ? (
        <FrameView frame={frame} method={method} registry={schema.value.registry} />
      ) : (
        <p class="hint">No message has come yet.</p>
      )}
    </>
  );
}

function isFrame(event: CallEvent | undefined): event is Frame {
  const isMessage = event?.kind === "sent" || event?.kind === "received";
  return isMessage || (event?.kind === "trailers" && event.bytes.length > 0);
}

/** The event that is chosen where it has bytes; else the newest message. */
function chosenFrame(record: CallRecord): { readonly number: number | undefined; readonly frame: Frame | undefined } {
  for (const number of [selectedEvent.value, newestOf(record)]) {
    const event = number === undefined ? undefined : record.events[number - record.dropped];
    if (isFrame(event)) return { number, frame: event };
  }
  const last = record.events.findLastIndex(isFrame);
  return { number: last === -1 ? undefined : last + record.dropped, frame: record.events[last] as Frame | undefined };
}

function FrameChoice({ record, chosen }: { record: CallRecord; chosen: number | undefined }) {
  const frames = record.events
    .map((event, i) => ({ event, number: i + record.dropped }))
    .filter(({ event, number }) => isFrame(event) && (number === chosen || number < record.dropped + shownFrames));
  return (
    <div class="frame-choice">
      <label for="wire-frame">Message</label>
      <select
        id="wire-frame"
        value={chosen}
        onChange={event => (selectedEvent.value = Number(event.currentTarget.value))}
      >
        {frames.map(({ event, number }) => (
          <option key={number} value={number}>
            {nameOf(event as Frame)}
          </option>
        ))}
      </select>
    </div>
  );
}

function nameOf(frame: Frame): string {
  const size = sizeText(frame.bytes.length);
  if (frame.kind === "trailers") return `end of the reply, ${size}`;
  return `${frame.kind} #${frame.index + 1}, ${size}`;
}

function FrameView({ frame, method, registry }: { frame: Frame; method: Method; registry: Registry }) {
  const bytes = useMemo(() => frame.bytes.subarray(0, shownBytes), [frame]);
  const regions = useMemo(() => {
    if (frame.kind === "trailers") return decodeEnd({ bytes });
    const { input, output } = method.desc;
    return decodeFrame({ ...frame, bytes }, frame.kind === "sent" ? input : output);
  }, [frame, method]);
  return (
    <>
      <div class="wire-panes">
        <HexDump bytes={bytes} regions={regions} label={`Bytes: ${nameOf(frame)}`} />
        {frame.kind !== "trailers" && <JsonOf frame={frame} method={method} registry={registry} />}
      </div>
      <p class="lit-text" aria-live="polite">
        {litText.value || "Point at a byte or at a value: what belongs together lights up."}
      </p>
      {frame.bytes.length > shownBytes && <p class="hint">The first {sizeText(shownBytes)} of the message.</p>}
      <RegionTable regions={regions} />
    </>
  );
}

function JsonOf({ frame, method, registry }: { frame: Sent | Received; method: Method; registry: Registry }) {
  const read = decodeEvent(frame, method, registry);
  if ("problem" in read) return <p class="problem">{safeText(read.problem.slice(0, shownLength))}</p>;
  return <LinkedJson text={read.text.slice(0, shownLength)} />;
}

function Heads({ record }: { record: CallRecord }) {
  const { request, reply } = httpHead(record);
  const note =
    record.protocol === "grpc"
      ? "Relayed through the server, as browsers cannot speak gRPC: its own headers, as text. On the wire HTTP/2 packs them."
      : "As text, without what the browser adds. Pages do not see the real bytes of a head, nor chunks, nor compression.";
  return (
    <details class="heads">
      <summary>HTTP</summary>
      <p class="hint">{note}</p>
      <div class="wire-panes">
        <pre class="json-text">{safeText(request)}</pre>
        {reply !== "" && <pre class="json-text">{safeText(reply)}</pre>}
      </div>
    </details>
  );
}
