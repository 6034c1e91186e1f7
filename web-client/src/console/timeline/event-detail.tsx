import type { CallEvent, CallRecord, End, ErrorDetail, Headers } from "../call/call-record.ts";
import { retryDelayMs } from "../call/error-details.ts";
import { CopyButton } from "../copy-button.tsx";
import { safeText, shownLength, sizeText, timeText } from "../shown-text.ts";
import { schema, selectedEvent, shownCall } from "../state.ts";
import { decodeEvent, newestOf } from "./event-text.ts";
import { JsonText } from "./json-text.tsx";

/** The event that is chosen, in full; the newest reply where none is. */
export function EventDetail() {
  const record = shownCall();
  if (!record) return null;
  const number = selectedEvent.value ?? newestOf(record);
  const event = number === undefined ? undefined : record.events[number - record.dropped];
  if (!event) return null;
  return (
    <section class="detail" aria-label="The chosen event">
      <DetailOf record={record} event={event} />
    </section>
  );
}

function DetailOf({ record, event }: { record: CallRecord; event: CallEvent }) {
  switch (event.kind) {
    case "head":
      return <Fields title={`HTTP ${event.status}`} fields={event.headers} />;
    case "trailers":
      return <Fields title="Trailers" fields={event.fields} />;
    case "half-closed":
      return <p class="hint">All messages of the request were sent after {timeText(event.atMs)}.</p>;
    case "end":
      return <EndDetail end={event} />;
    default:
      return <MessageDetail record={record} event={event} />;
  }
}

function MessageDetail({ record, event }: { record: CallRecord; event: CallEvent & { kind: "sent" | "received" } }) {
  const method = schema.value?.methods.get(record.method);
  if (!method || !schema.value) return null;
  const read = decodeEvent(event, method, schema.value.registry);
  if ("problem" in read) return <p class="problem">{safeText(read.problem.slice(0, shownLength))}</p>;
  const desc = event.kind === "sent" ? method.desc.input : method.desc.output;
  return (
    <>
      <div class="detail-head">
        <h3>
          {desc.name} <span>{event.kind === "sent" ? "sent" : "received"}</span>
        </h3>
        <CopyButton text={() => read.text} what="the message" />
      </div>
      <JsonText text={safeText(read.text.slice(0, shownLength))} />
      {read.text.length > shownLength && (
        <p class="hint">The first of {sizeText(event.bytes.length)}; the copy has all of it.</p>
      )}
    </>
  );
}

function Fields({ title, fields }: { title: string; fields: Headers }) {
  return (
    <>
      <h3>{title}</h3>
      {fields.length === 0 && <p class="hint">None.</p>}
      <dl class="header-fields">
        {fields.map(([name, value]) => (
          <div key={name + value}>
            <dt>{safeText(name)}</dt>
            <dd>
              <bdi>{safeText(value.slice(0, shownLength))}</bdi>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function EndDetail({ end }: { end: End }) {
  const retryMs = retryDelayMs(end.details);
  return (
    <>
      <h3>{end.code}</h3>
      {end.message && <p class="detail-message">{safeText(end.message.slice(0, shownLength))}</p>}
      {retryMs !== undefined && <p class="hint">A retry may help after {timeText(retryMs)}.</p>}
      {end.details.map((detail, i) => (
        <Detail key={`${detail.type}${i}`} detail={detail} />
      ))}
    </>
  );
}

function Detail({ detail: { type, json, value } }: { detail: ErrorDetail }) {
  return (
    <details class="error-detail" open={json !== undefined}>
      <summary>{safeText(type)}</summary>
      {json === undefined ? (
        <p class="hint">{sizeText(value.length)} of a type that the contracts do not have.</p>
      ) : (
        <JsonText text={safeText(JSON.stringify(json, undefined, 2).slice(0, shownLength))} />
      )}
    </details>
  );
}
