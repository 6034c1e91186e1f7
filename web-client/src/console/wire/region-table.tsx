import { ScrollArea } from "../scroll-area.tsx";
import { safeText } from "../shown-text.ts";
import { pointAt } from "./hex-dump.tsx";
import { litPath } from "./lit.ts";
import type { Region } from "./region.ts";

/** Rows that a page is quick with. */
const shownRows = 300;

/** What the bytes are, in words: a row a region, for those who do not see where it is. */
export function RegionTable({ regions }: { regions: readonly Region[] }) {
  return (
    <details class="regions">
      <summary>What each byte is</summary>
      <ScrollArea label="Regions">
        <table class="region-words">
          <thead>
            <tr>
              <th scope="col">At</th>
              <th scope="col">Bytes</th>
              <th scope="col">What</th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          <tbody>
            {regions.slice(0, shownRows).map(region => (
              <tr
                key={region.start}
                data-lit={region.path !== undefined && region.path === litPath.value ? "" : undefined}
                onPointerEnter={() => pointAt(region)}
                onPointerLeave={() => pointAt(undefined)}
              >
                <td>{region.start}</td>
                <td>{region.end - region.start}</td>
                <td data-kind={region.kind}>{safeText(region.label)}</td>
                <td>{safeText(region.value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
      {regions.length > shownRows && (
        <p class="hint">
          The first {shownRows} of {regions.length}.
        </p>
      )}
    </details>
  );
}
