import { ScrollArea } from "../scroll-area.tsx";
import { countOf, type Histogram, quantile } from "./histogram.ts";

const width = 640;
const height = 130;

/** How long calls took: a bar a bucket, and where half and 99 of a hundred of them are. */
export function HistogramChart({ histogram, format }: { histogram: Histogram; format: (seconds: number) => string }) {
  const { bounds, counts } = histogram;
  const all = countOf(histogram);
  const most = Math.max(...counts, 1);
  const bar = width / Math.max(counts.length, 1);
  const [p50, p99] = [quantile(histogram, 0.5), quantile(histogram, 0.99)];
  const marks = [
    { name: "p50", at: p50 },
    { name: "p99", at: p99 },
  ].flatMap(({ name, at }) =>
    at === undefined ? [] : [{ name, text: `${name} ${format(at)}`, x: placeOf(at, bounds) * bar }],
  );
  const label = all === 0 ? "no calls ended" : `${all} calls, ${marks.map(({ text }) => text).join(", ")}`;
  return (
    <figure class="chart chart-wide">
      <figcaption>
        <span>How long unary calls took in the last minute</span>
        <strong>{label}</strong>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`Histogram of durations: ${label}`}>
        {counts.map((count, i) => (
          <rect
            key={bounds[i]}
            class="histogram-bar"
            x={i * bar + 1}
            y={height - 22 - (count / most) * (height - 40)}
            width={Math.max(bar - 2, 1)}
            height={(count / most) * (height - 40)}
          />
        ))}
        {bounds.map(
          (bound, i) =>
            i % 3 === 0 && (
              <text key={bound} x={(i + 1) * bar} y={height - 6} text-anchor="middle">
                {Number.isFinite(bound) ? format(bound) : "more"}
              </text>
            ),
        )}
        {marks.map(({ name, x }) => (
          <g key={name}>
            <path class="mark" d={`M${x} 14V${height - 22}`} />
            <text x={x} y="11" text-anchor="middle">
              {name}
            </text>
          </g>
        ))}
      </svg>
      <details>
        <summary>Numbers</summary>
        <ScrollArea label="Calls by how long they took">
          <table>
            <thead>
              <tr>
                <th scope="col">Up to</th>
                <th scope="col">Calls</th>
              </tr>
            </thead>
            <tbody>
              {bounds.map((bound, i) => (
                <tr key={bound}>
                  <td>{Number.isFinite(bound) ? format(bound) : "more"}</td>
                  <td>{counts[i]}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollArea>
      </details>
    </figure>
  );
}

/** Where a value is on an axis whose buckets are equally wide. */
function placeOf(value: number, bounds: readonly number[]): number {
  const i = bounds.findIndex(bound => value <= bound);
  const [from, to] = [bounds[i - 1] ?? 0, bounds[i] ?? 0];
  return i + (Number.isFinite(to) && to > from ? (value - from) / (to - from) : 0);
}
