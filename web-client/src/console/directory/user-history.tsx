import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useEffect, useState } from "preact/hooks";
import { conciergeError, type Event, Start } from "../../../../client/web.ts";
import { safeText } from "../shown-text.ts";
import { concierge } from "./directory-state.ts";

/** As many events as are shown; the newest ones. */
const shownAtMost = 200;

/** What has happened to a user, as far back as the server keeps it, and what happens now. */
export function UserHistory({ id }: { id: string }) {
  const [events, setEvents] = useState<readonly Event[]>([]);
  const [state, setState] = useState("connecting");
  useEffect(() => {
    const abort = new AbortController();
    void follow(id, abort.signal, setState, added =>
      setEvents(before => [...added.toReversed(), ...before].slice(0, shownAtMost)),
    );
    return () => abort.abort();
  }, [id]);
  return (
    <section class="history" aria-labelledby="history-title">
      <h3 id="history-title">
        History <span role="status">{state}</span>
      </h3>
      <ol>
        {events.map((event, i) => (
          <li key={events.length - i}>
            <b>{safeText(event.type).replaceAll("_", " ")}</b>
            {event.time && <time>{timestampDate(event.time).toLocaleString()}</time>}
          </li>
        ))}
      </ol>
    </section>
  );
}

async function follow(
  id: string,
  signal: AbortSignal,
  onState: (state: string) => void,
  onEvents: (events: readonly Event[]) => void,
): Promise<void> {
  const selector = { kind: { case: "userId", value: id } } as const;
  const items = concierge
    .peek()
    .watch({ selector, start: Start.EARLIEST, onConnection: ({ state }) => onState(state) }, { signal });
  try {
    for await (const item of items) if (item.kind === "transaction") onEvents(item.events);
  } catch (reason) {
    onState(`cannot be followed: ${conciergeError(reason).message}`);
  }
}
