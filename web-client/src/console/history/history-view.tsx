import { signal } from "@preact/signals";
import { protocolNames } from "../call/call-record.ts";
import { ScrollArea } from "../scroll-area.tsx";
import { safeText, timeText } from "../shown-text.ts";
import { clearHistory, historyEntries, historyProblem, keepsHistory, setKeepsHistory } from "./history-store.ts";
import type { HistoryEntry } from "./kept-call.ts";
import { restoreCall } from "./restore-call.ts";

const problem = signal("");

function restore(entry: HistoryEntry): void {
  try {
    restoreCall(entry, entry.headers);
    problem.value = "";
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error);
  }
}

/** The calls that were made in this browser; one that is chosen goes into the form. */
export function HistoryView() {
  const { value: entries } = historyEntries;
  return (
    <>
      <div class="actions">
        <label class="check">
          <input
            type="checkbox"
            checked={keepsHistory.value}
            onChange={event => void setKeepsHistory(event.currentTarget.checked)}
          />
          Keep the last 100 calls in this browser
        </label>
        <button type="button" class="quiet" disabled={entries.length === 0} onClick={() => void clearHistory()}>
          Forget all
        </button>
      </div>
      <p class="hint">Tokens, cookies and headers that name them are never kept.</p>
      <p class="problem" role="alert">
        {problem.value || historyProblem.value}
      </p>
      {entries.length > 0 ? <Entries entries={entries} /> : <p class="empty">Calls that you make show here.</p>}
    </>
  );
}

const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium" });

function Entries({ entries }: { entries: readonly HistoryEntry[] }) {
  return (
    <ScrollArea label="Calls that were made">
      <table class="history">
        <thead>
          <tr>
            <th scope="col">Method</th>
            <th scope="col">Protocol</th>
            <th scope="col">Result</th>
            <th scope="col">Time</th>
            <th scope="col">At</th>
          </tr>
        </thead>
        <tbody>
          {entries.map(entry => (
            <tr key={entry.at}>
              <td>
                <button type="button" class="link" title={entry.messages.at(-1)} onClick={() => restore(entry)}>
                  {entry.method.replace(/^.*\.(?=\w+\/)/, "")}
                </button>
              </td>
              <td>{protocolNames[entry.protocol]}</td>
              <td data-ok={entry.code === "ok"}>{safeText(entry.code)}</td>
              <td>{timeText(entry.ms)}</td>
              <td>{clock.format(entry.at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollArea>
  );
}
