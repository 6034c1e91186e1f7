import { useEffect } from "preact/hooks";
import { ScrollArea } from "../scroll-area.tsx";
import { sizeText, timeText } from "../shown-text.ts";
import { AdminPanel } from "./admin-view.tsx";
import { LineChart, Sparkline } from "./charts.tsx";
import type { Histogram } from "./histogram.ts";
import { HistogramChart } from "./histogram-chart.tsx";
import type { Reading } from "./reading.ts";
import { readiness, readings, watchProblem, watchServer } from "./watch-state.ts";

/** Looks that the histogram is of: a minute. */
const histogramReadings = 30;

function secondsText(seconds: number): string {
  return seconds > 0 && seconds < 0.0001 ? `${Math.round(seconds * 1e6)} µs` : timeText(seconds * 1000);
}

function rateText(perSecond: number): string {
  return `${perSecond >= 100 ? Math.round(perSecond).toLocaleString("en-US") : perSecond.toFixed(1)}/s`;
}

function countText(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

/** What the server does: calls, times, errors, connections, and how it is. */
export function WatchView() {
  useEffect(watchServer, []);
  const { value: all } = readings;
  const newest = all.at(-1);
  return (
    <main class="watch" id="request">
      <h2>Watch the server</h2>
      <p class="problem" role="alert">
        {watchProblem.value}
      </p>
      <Health />
      {newest ? <Numbers all={all} newest={newest} /> : watchProblem.value === "" && <p class="empty">Looking…</p>}
      <AdminPanel />
    </main>
  );
}

function Health() {
  const { value: health } = readiness;
  return (
    <section class="panel health" aria-label="Health">
      <p class="status" data-state={health?.isReady ? "ok" : "failed"}>
        <strong>{health === undefined ? "no answer" : health.isReady ? "ready" : "not ready"}</strong>
      </p>
      <ul>
        {health?.lines.map(line => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </section>
  );
}

function Numbers({ all, newest }: { all: readonly Reading[]; newest: Reading }) {
  const series = (name: string, of: (reading: Reading) => number | undefined) => ({
    name,
    values: all.map(reading => of(reading) ?? 0),
  });
  const connections = Object.values(newest.connections).reduce((sum, count) => sum + count, 0);
  return (
    <>
      <dl class="figures panel">
        <Figure name="Calls in flight" value={countText(newest.inFlight)} />
        <Figure name="Connections" value={`${countText(connections)} (${protocolsText(newest)})`} />
        <Figure name="HTTP/2 streams" value={countText(newest.streams)} />
        <Figure name="Feed subscribers" value={countText(newest.subscribers)} />
        <Figure name="CPU" value={`${Math.round(newest.cpu * 100)} % of a core`} />
        <Figure name="Memory" value={sizeText(newest.memoryBytes)} />
      </dl>
      <div class="charts">
        <LineChart title="Calls" series={[series("calls", ({ perSecond }) => perSecond)]} format={rateText} />
        <LineChart title="Errors" series={[series("errors", each => each.errorsPerSecond)]} format={rateText} />
        <LineChart
          title="Unary calls took"
          series={[series("p50", ({ p50 }) => p50), series("p99", ({ p99 }) => p99)]}
          format={secondsText}
        />
        <LineChart
          title="Event loop is late by"
          series={[series("mean", each => each.loopLagMean), series("p99", each => each.loopLagP99)]}
          format={secondsText}
        />
        <HistogramChart histogram={lastMinute(all)} format={secondsText} />
      </div>
      <Errors all={all} />
      <Methods all={all} newest={newest} />
    </>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function protocolsText({ connections }: Reading): string {
  const { http1 = 0, http2 = 0 } = connections;
  return `HTTP/1.1 ${http1}, HTTP/2 ${http2}`;
}

/** The histograms of the last looks, added up. */
function lastMinute(all: readonly Reading[]): Histogram {
  const used = all.slice(-histogramReadings).map(({ durations }) => durations);
  const bounds = used.findLast(histogram => histogram.bounds.length > 0)?.bounds ?? [];
  return {
    bounds,
    counts: bounds.map((_, i) => used.reduce((sum, { counts }) => sum + (counts[i] ?? 0), 0)),
  };
}

function Errors({ all }: { all: readonly Reading[] }) {
  const codes = new Map<string, number>();
  for (const { errors } of all.slice(-histogramReadings)) {
    for (const [code, count] of errors) codes.set(code, (codes.get(code) ?? 0) + count);
  }
  const most = Math.max(...codes.values(), 1);
  return (
    <section class="panel" aria-labelledby="errors-title">
      <h3 id="errors-title">Errors in the last minute</h3>
      {codes.size === 0 && <p class="hint">None.</p>}
      {codes.size > 0 && (
        <ScrollArea label="Errors by code">
          <table class="errors">
            <thead>
              <tr>
                <th scope="col">Code</th>
                <th scope="col">Calls</th>
                <th scope="col">Share</th>
              </tr>
            </thead>
            <tbody>
              {[...codes]
                .sort(([, a], [, b]) => b - a)
                .map(([code, count]) => (
                  <tr key={code}>
                    <th scope="row">{code}</th>
                    <td>{countText(count)}</td>
                    <td>
                      <meter max={most} value={count} aria-label={`${code}: ${count}`} />
                    </td>
                  </tr>
                ))}
            </tbody>
          </table>
        </ScrollArea>
      )}
    </section>
  );
}

function Methods({ all, newest }: { all: readonly Reading[]; newest: Reading }) {
  const called = new Set(all.flatMap(({ methods }) => methods.filter(isAlive).map(({ path }) => path)));
  const rows = newest.methods.filter(({ path }) => called.has(path));
  return (
    <section class="panel" aria-labelledby="methods-title">
      <h3 id="methods-title">Calls by method</h3>
      {rows.length === 0 && <p class="hint">No method was called since this page looks.</p>}
      {rows.length > 0 && (
        <ScrollArea label="The methods that were called">
          <table class="methods">
            <thead>
              <tr>
                <th scope="col">Method</th>
                <th scope="col">Calls</th>
                <th scope="col">In flight</th>
                <th scope="col">p50</th>
                <th scope="col">p99</th>
                <th scope="col">Errors</th>
                <th scope="col">Four minutes</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ path, perSecond, inFlight, p50, p99, errors }) => (
                <tr key={path}>
                  <th scope="row">
                    <a href={`#/${path}`}>{path}</a>
                  </th>
                  <td>{rateText(perSecond)}</td>
                  <td>{countText(inFlight)}</td>
                  <td>{p50 === undefined ? "–" : secondsText(p50)}</td>
                  <td>{p99 === undefined ? "–" : secondsText(p99)}</td>
                  <td>{[...errors].map(([code, count]) => `${code} ${count}`).join(", ") || "–"}</td>
                  <td>
                    <Sparkline values={all.map(each => rateOf(each, path))} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollArea>
      )}
    </section>
  );
}

function isAlive({ perSecond, inFlight }: Reading["methods"][number]): boolean {
  return perSecond > 0 || inFlight > 0;
}

function rateOf({ methods }: Reading, path: string): number {
  return methods.find(method => method.path === path)?.perSecond ?? 0;
}
