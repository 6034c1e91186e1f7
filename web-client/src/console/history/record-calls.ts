import { effect } from "@preact/signals";
import { call, callRevision } from "../state.ts";
import { keepEntry, keepsHistory, loadHistory } from "./history-store.ts";
import { toEntry } from "./kept-call.ts";

/** Keeps each call that is shown once it is over, one that is over already among them. Resolves once what is kept already is here. */
export async function recordCalls(): Promise<void> {
  await loadHistory();
  let known: number | undefined;
  effect(() => {
    void callRevision.value;
    const { value: record } = call;
    if (!record?.end || record.id === known) return;
    known = record.id;
    const entry = keepsHistory.peek() ? toEntry(record) : undefined;
    if (entry) void keepEntry(entry);
  });
}
