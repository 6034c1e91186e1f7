import { signal } from "@preact/signals";
import { token } from "../state.ts";
import { parseMetrics } from "./metrics-text.ts";
import { type Reading, readBetween, type Snapshot, toSnapshot, wantedMetrics } from "./reading.ts";

/** Milliseconds between two looks: as often as numbers can be read. */
const intervalMs = 2000;

/** Looks that are kept: four minutes. */
const keptReadings = 120;

/** What the server did between any two looks, oldest first. */
export const readings = signal<readonly Reading[]>([]);

/** What `/readyz` says, a line each; undefined where the server does not answer. */
export const readiness = signal<{ readonly isReady: boolean; readonly lines: readonly string[] } | undefined>(
  undefined,
);

/** Why there are no numbers; empty where there are. */
export const watchProblem = signal("");

let last: Snapshot | undefined;

/** Looks at the server from now on, as long as the page is shown, until the function that it returns is called. */
export function watchServer(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = new AbortController();
  async function look(): Promise<void> {
    if (!document.hidden) await Promise.all([lookAtMetrics(stop.signal), lookAtHealth(stop.signal)]);
    if (!stop.signal.aborted) timer = setTimeout(() => void look(), intervalMs);
  }
  void look();
  return () => {
    stop.abort();
    clearTimeout(timer);
  };
}

async function lookAtMetrics(stopped: AbortSignal): Promise<void> {
  try {
    const headers: Record<string, string> = { accept: "text/plain" };
    if (token.value !== "") headers.authorization = `Bearer ${token.value}`;
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(5 * intervalMs)]);
    const response = await fetch("/metrics", { headers, signal, cache: "no-store" });
    if (!response.ok) throw new Error(refusals[response.status] ?? `/metrics is answered with ${response.status}`);
    add(toSnapshot(performance.now(), parseMetrics(await response.text(), wantedMetrics)));
    watchProblem.value = "";
  } catch (error) {
    if (stopped.aborted) return;
    last = undefined;
    watchProblem.value =
      error instanceof TypeError || (error instanceof DOMException && error.name === "TimeoutError")
        ? "The server does not answer"
        : error instanceof Error
          ? error.message
          : String(error);
  }
}

const refusals: Readonly<Record<number, string>> = {
  401: "The metrics are for administrators: a token is needed",
  403: "The metrics are not for this caller: METRICS says for whom they are",
  404: "The server tells no metrics here: METRICS says where it does",
};

function add(snapshot: Snapshot): void {
  if (last) readings.value = [...readings.value, readBetween(last, snapshot)].slice(-keptReadings);
  last = snapshot;
}

async function lookAtHealth(stopped: AbortSignal): Promise<void> {
  try {
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(5 * intervalMs)]);
    const response = await fetch("/readyz?verbose", { signal, cache: "no-store" });
    const lines = (await response.text()).split("\n").filter(line => line !== "");
    readiness.value = { isReady: response.ok, lines };
  } catch {
    if (!stopped.aborted) readiness.value = undefined;
  }
}
