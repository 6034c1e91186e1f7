import { ScrollArea } from "../scroll-area.tsx";

const width = 320;
const height = 96;

/** Numbers over time, oldest first. */
export interface Series {
  readonly name: string;
  readonly values: readonly number[];
}

/** Up to two lines over time from 0 to the largest value, which stands at the axis; and the numbers as a table. */
export function LineChart({
  title,
  series,
  format,
}: {
  title: string;
  series: readonly Series[];
  format: (value: number) => string;
}) {
  const most = Math.max(...series.flatMap(({ values }) => values), 0);
  const now = series.map(({ name, values }) => `${name} ${format(values.at(-1) ?? 0)}`).join(", ");
  return (
    <figure class="chart">
      <figcaption>
        <span>{title}</span>
        <strong>{now}</strong>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${title}: ${now}; at most ${format(most)}`}>
        <path class="grid" d={`M0 0.5H${width}M0 ${height / 2}H${width}M0 ${height - 0.5}H${width}`} />
        {series.map(({ name, values }, i) => (
          <polyline key={name} class={`line line-${i}`} points={points(values, most)} />
        ))}
        <text x="4" y="12">
          {format(most)}
        </text>
      </svg>
      <Numbers title={title} series={series} format={format} />
    </figure>
  );
}

/** A line as small as a word, for a row of a table. */
export function Sparkline({ values }: { values: readonly number[] }) {
  return (
    <svg class="sparkline" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <polyline class="line line-0" points={points(values, Math.max(...values, 0))} />
    </svg>
  );
}

/** The newest at the right edge; places for as many values as are kept, so that a line does not stretch as it grows. */
function points(values: readonly number[], most: number): string {
  const places = 120;
  const step = width / (places - 1);
  return values
    .slice(-places)
    .map((value, i, shown) => {
      const x = width - (shown.length - 1 - i) * step;
      const y = most === 0 ? height - 1 : height - 1 - (value / most) * (height - 2);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(" ");
}

const tableRows = 15;

function Numbers({
  title,
  series,
  format,
}: {
  title: string;
  series: readonly Series[];
  format: (value: number) => string;
}) {
  const length = Math.min(tableRows, series[0]?.values.length ?? 0);
  return (
    <details>
      <summary>Numbers</summary>
      <ScrollArea label={`${title}, the newest first`}>
        <table>
          <thead>
            <tr>
              {series.map(({ name }) => (
                <th scope="col" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Array.from({ length }, (_, row) => (
              <tr key={row}>
                {series.map(({ name, values }) => (
                  <td key={name}>{format(values.at(-1 - row) ?? 0)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
    </details>
  );
}
