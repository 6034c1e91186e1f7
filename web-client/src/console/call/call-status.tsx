import { useEffect, useRef } from "preact/hooks";
import { CopyButton } from "../copy-button.tsx";
import { safeText, sizeText, timeText } from "../shown-text.ts";
import { shownCall } from "../state.ts";

/** As much of an error's text as the line shows. */
const messageLength = 500;

/** How the call stands, in a line and a few figures. */
export function CallStatus() {
  const record = shownCall();
  const state = !record ? "idle" : !record.end ? "running" : record.end.code === "ok" ? "ok" : "failed";
  const line = useRef<HTMLParagraphElement>(null);
  // Where the reply is below what is in sight, as on a phone, it comes into sight.
  useEffect(() => {
    if (record) line.current?.scrollIntoView({ block: "nearest" });
  }, [record?.id]);
  return (
    <div class="call-status">
      <p ref={line} class="status" role="status" data-state={state}>
        <strong>{record ? (record.end?.code ?? "running") : "ready"}</strong>
        {record?.end?.message && <bdi> {safeText(record.end.message.slice(0, messageLength))}</bdi>}
      </p>
      <Figures />
    </div>
  );
}

function Figures() {
  const record = shownCall();
  if (!record) return null;
  const first = record.events.find(({ kind }) => kind === "received");
  const requestId = record.head?.headers.find(([name]) => name === "x-request-id")?.[1];
  return (
    <>
      <dl class="figures">
        <div>
          <dt>Replies</dt>
          <dd>{record.receivedCount.toLocaleString("en-US")}</dd>
        </div>
        <div>
          <dt>First reply</dt>
          <dd>{first && record.dropped === 0 ? timeText(first.atMs) : "–"}</dd>
        </div>
        <div>
          <dt>Whole call</dt>
          <dd>{record.end ? timeText(record.end.atMs) : "…"}</dd>
        </div>
        <div>
          <dt>Bytes</dt>
          <dd>
            {sizeText(record.sentBytes)} ↑ {sizeText(record.receivedBytes)} ↓
          </dd>
        </div>
      </dl>
      {requestId && (
        <p class="request-id">
          Request id <code>{safeText(requestId)}</code> <CopyButton text={() => requestId} what="the request id" />
        </p>
      )}
    </>
  );
}
