import { useEffect, useRef, useState } from "preact/hooks";
import type { CallEvent, CallRecord } from "../call/call-record.ts";
import { sizeText, timeText } from "../shown-text.ts";
import { schema, selectedEvent, shownCall } from "../state.ts";
import { newestOf, previewOf } from "./event-text.ts";
import { visibleRows } from "./visible-rows.ts";

/** As styles/timeline.css has it. */
const rowHeight = 28;

const signs: Readonly<Record<CallEvent["kind"], string>> = {
  sent: "↑",
  "half-closed": "⇡",
  head: "↓",
  received: "↓",
  trailers: "⇣",
  end: "■",
};

/** What happened in a call, an event a row; thousands of them, of which those in sight are drawn. */
export function EventList() {
  const box = useRef<HTMLDivElement>(null);
  const [scrollTop, setScrollTop] = useState(0);
  const [follows, setFollows] = useState(true);
  const record = shownCall();
  const { events = [], dropped = 0 } = record ?? {};
  const height = Math.min(events.length, 10) * rowHeight;
  const { first, end } = visibleRows(events.length, { scrollTop, height, rowHeight });
  const selected = selectedEvent.value ?? (record && newestOf(record));

  // The newest row is in sight until somebody scrolls back.
  useEffect(() => {
    if (follows && box.current) box.current.scrollTop = events.length * rowHeight;
  }, [events.length, dropped, follows]);

  function onScroll({ currentTarget }: { currentTarget: HTMLElement }) {
    setScrollTop(currentTarget.scrollTop);
    setFollows(currentTarget.scrollTop + currentTarget.clientHeight >= currentTarget.scrollHeight - rowHeight);
  }
  function onKeyDown(event: KeyboardEvent) {
    const to = {
      ArrowDown: (selected ?? 0) + 1,
      ArrowUp: (selected ?? 0) - 1,
      Home: dropped,
      End: dropped + events.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = Math.min(Math.max(to, dropped), dropped + events.length - 1);
    selectedEvent.value = next;
    keepInSight(box.current, (next - dropped) * rowHeight);
  }
  return (
    <div
      ref={box}
      class="events"
      role="listbox"
      tabIndex={0}
      aria-label={`Events of the call, ${events.length + dropped} in all`}
      aria-activedescendant={selected === undefined ? undefined : `event-${selected}`}
      style={{ height: `${height}px` }}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
    >
      <div class="events-space" role="presentation" style={{ height: `${events.length * rowHeight}px` }}>
        {record &&
          events
            .slice(first, end)
            .map((event, i) => (
              <EventRow
                key={first + i}
                record={record}
                event={event}
                at={first + i}
                selected={selected === dropped + first + i}
              />
            ))}
      </div>
    </div>
  );
}

interface EventRowProps {
  record: CallRecord;
  event: CallEvent;
  /** Where it stands among the events that are kept. */
  at: number;
  selected: boolean;
}

function EventRow({ record, event, at, selected }: EventRowProps) {
  const method = schema.value?.methods.get(record.method);
  const number = record.dropped + at;
  const isMessage = event.kind === "sent" || event.kind === "received";
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys
    <div
      id={`event-${number}`}
      class="event"
      role="option"
      tabIndex={-1}
      aria-selected={selected}
      aria-posinset={number + 1}
      aria-setsize={record.dropped + record.events.length}
      data-kind={event.kind}
      data-ok={event.kind === "end" ? event.code === "ok" : undefined}
      style={{ transform: `translateY(${at * rowHeight}px)` }}
      onClick={() => (selectedEvent.value = number)}
    >
      <span class="event-sign" aria-hidden="true">
        {signs[event.kind]}
      </span>
      <span class="event-name">{isMessage ? `#${event.index + 1}` : event.kind}</span>
      <span class="event-time">{timeText(event.atMs)}</span>
      <bdi class="event-text">{previewOf(event, method, schema.value?.registry)}</bdi>
      <span class="event-size">{isMessage ? sizeText(event.bytes.length) : ""}</span>
    </div>
  );
}

function keepInSight(box: HTMLElement | null, top: number): void {
  if (!box) return;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + rowHeight > box.scrollTop + box.clientHeight) box.scrollTop = top + rowHeight - box.clientHeight;
}
