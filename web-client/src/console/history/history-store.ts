import { signal } from "@preact/signals";
import type { HistoryEntry } from "./kept-call.ts";

/** The newest calls that are kept. */
const maxEntries = 100;

const entriesStore = "calls";
const settingsStore = "settings";
const keepsKey = "keeps";

/** The calls that were made, newest first. */
export const historyEntries = signal<readonly HistoryEntry[]>([]);

/** Whether calls are kept; what a person says of it is kept as well. */
export const keepsHistory = signal(true);

/** Why nothing is kept, where the browser does not let the page: empty where it does. */
export const historyProblem = signal("");

let opening: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("concierge console", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(entriesStore, { keyPath: "at" });
      request.result.createObjectStore(settingsStore);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the database does not open"));
  });
  return opening;
}

/** Does something with the database; where that fails, says why. Never rejects. */
async function run(act: (transaction: IDBTransaction) => void): Promise<void> {
  try {
    const transaction = (await open()).transaction([entriesStore, settingsStore], "readwrite");
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("the transaction was aborted"));
    });
    act(transaction);
    await done;
    historyProblem.value = "";
  } catch (error) {
    historyProblem.value = `The browser keeps no history: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function ask<T>(request: IDBRequest<T>, answer: (result: T) => void): void {
  request.onsuccess = () => answer(request.result);
}

/** Loads what is kept. */
export function loadHistory(): Promise<void> {
  return run(transaction => {
    ask(transaction.objectStore(entriesStore).getAll() as IDBRequest<HistoryEntry[]>, entries => {
      historyEntries.value = entries.reverse();
    });
    ask(transaction.objectStore(settingsStore).get(keepsKey), keeps => {
      keepsHistory.value = keeps !== false;
    });
  });
}

/** Keeps a call, and lets go of the oldest where there are too many. */
export async function keepEntry(entry: HistoryEntry): Promise<void> {
  await run(transaction => {
    const store = transaction.objectStore(entriesStore);
    store.put(entry);
    ask(store.getAllKeys(), keys => {
      for (const key of keys.slice(0, Math.max(0, keys.length - maxEntries))) store.delete(key);
    });
  });
  await loadHistory();
}

/** Says whether calls are kept from now on; where they are not, those that were kept are forgotten. */
export async function setKeepsHistory(keeps: boolean): Promise<void> {
  keepsHistory.value = keeps;
  await run(transaction => {
    transaction.objectStore(settingsStore).put(keeps, keepsKey);
    if (!keeps) transaction.objectStore(entriesStore).clear();
  });
  await loadHistory();
}

/** Forgets all calls. */
export async function clearHistory(): Promise<void> {
  await run(transaction => void transaction.objectStore(entriesStore).clear());
  await loadHistory();
}
