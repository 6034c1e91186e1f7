import { shownCall } from "../state.ts";
import { EventDetail } from "./event-detail.tsx";
import { EventList } from "./event-list.tsx";

/** What happened in the call, and the reply that is chosen. */
export function Timeline() {
  const record = shownCall();
  if (!record) return <p class="empty">Ring the bell. Replies show here as they arrive.</p>;
  return (
    <>
      <EventList key={record.id} />
      {record.dropped > 0 && (
        <p class="hint">{record.dropped.toLocaleString("en-US")} older events are no longer kept.</p>
      )}
      <EventDetail />
    </>
  );
}
