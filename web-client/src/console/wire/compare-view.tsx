import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { type CallRecord, protocolNames, type Received, type Sent } from "../call/call-record.ts";
import { plannedCall } from "../call/make-call.ts";
import type { Method } from "../schema/schema.ts";
import { ScrollArea } from "../scroll-area.tsx";
import { safeText, sizeText, timeText } from "../shown-text.ts";
import { method, schema } from "../state.ts";
import { type Comparison, compare, comparisons, protocolsOf, roundsOf } from "./compare.ts";
import { decodeFrame } from "./decode-frame.ts";
import { HexDump } from "./hex-dump.tsx";
import { litText } from "./lit.ts";

/** What runs; undefined for nothing. */
const comparing = signal<AbortController | undefined>(undefined);
const problem = signal("");

/** As many bytes of each message as stand side by side. */
const shownBytes = 512;

async function run(): Promise<void> {
  const abort = new AbortController();
  comparing.value = abort;
  problem.value = "";
  try {
    await compare(plannedCall(), abort.signal);
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error);
  }
  comparing.value = undefined;
}

/** The call that is typed, in every protocol: sizes and times beside one another, and the bytes. */
export function CompareView() {
  const { value: current } = method;
  if (!current) return null;
  const count = protocolsOf({ method: current }).length * roundsOf({ method: current });
  return (
    <>
      <div class="actions">
        <button type="button" disabled={comparing.value !== undefined} onClick={() => void run()}>
          Make this call {count} times
        </button>
        <button
          type="button"
          class="quiet"
          disabled={comparing.value === undefined}
          onClick={() => comparing.value?.abort()}
        >
          Stop
        </button>
      </div>
      {!current.safe && <p class="hint">The method may have effects: each call has them anew.</p>}
      <p class="problem" role="alert">
        {problem.value}
      </p>
      {comparisons.value.length > 0 && <Results method={current} />}
    </>
  );
}

function Results({ method: current }: { method: Method }) {
  const all = comparisons.value.filter(({ record }) => record.method === current.path);
  const most = Math.max(1, ...all.map(total));
  return (
    <>
      <ScrollArea label="Sizes and times">
        <table class="comparison">
          <thead>
            <tr>
              <th scope="col">Protocol</th>
              <th scope="col">Result</th>
              <th scope="col">Request</th>
              <th scope="col">Reply</th>
              <th scope="col">First message</th>
              <th scope="col">End</th>
            </tr>
          </thead>
          <tbody>
            {all.map(each => (
              <tr key={each.protocol}>
                <th scope="row">
                  {protocolNames[each.protocol]}
                  <meter max={most} value={total(each)} aria-label="Bytes of both bodies" />
                </th>
                <td>{safeText((each.record.end?.code ?? "").slice(0, 40))}</td>
                <Size body={each.requestBytes} head={each.requestHeadBytes} />
                <Size body={each.replyBytes} head={each.replyHeadBytes} />
                <td>{each.firstMs === undefined ? "–" : timeText(each.firstMs)}</td>
                <td>{timeText(each.endMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
      <p class="hint">
        Bodies, and heads as HTTP/1.1 would write them. gRPC goes through the server's relay, which takes time of its
        own.
      </p>
      <p class="lit-text">{litText.value || "Point at a byte: the same value lights up in each protocol."}</p>
      {all.map(({ protocol, record }) => (
        <Bytes key={record.id} name={protocolNames[protocol]} record={record} />
      ))}
    </>
  );
}

function total({ requestBytes, replyBytes }: Comparison): number {
  return requestBytes + replyBytes;
}

function Size({ body, head }: { body: number; head: number }) {
  return (
    <td>
      {sizeText(body)} <small>+ {sizeText(head)}</small>
    </td>
  );
}

function Bytes({ name, record }: { name: string; record: CallRecord }) {
  const sent = record.events.find(event => event.kind === "sent");
  const received = record.events.find(event => event.kind === "received");
  const refusal = record.end && record.end.code !== "ok" ? safeText(record.end.message.slice(0, 200)) : "";
  return (
    <section class="compared" aria-label={`Bytes of ${name}`}>
      <h3>{name}</h3>
      {refusal && <p class="problem">{refusal}</p>}
      <div class="wire-panes">
        {sent && sent.bytes.length > 0 && (
          <FrameBytes record={record} frame={sent} label={`${name}: the first message sent`} />
        )}
        {received && <FrameBytes record={record} frame={received} label={`${name}: the first message received`} />}
      </div>
    </section>
  );
}

function FrameBytes({ record, frame, label }: { record: CallRecord; frame: Sent | Received; label: string }) {
  const desc = schema.value?.methods.get(record.method)?.desc;
  const bytes = useMemo(() => frame.bytes.subarray(0, shownBytes), [frame]);
  const regions = useMemo(
    () => (desc ? decodeFrame({ ...frame, bytes }, frame.kind === "sent" ? desc.input : desc.output) : []),
    [frame, desc],
  );
  return <HexDump bytes={bytes} regions={regions} label={label} />;
}
