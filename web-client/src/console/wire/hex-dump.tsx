import { useMemo, useRef } from "preact/hooks";
import { safeText } from "../shown-text.ts";
import { litPath, litText } from "./lit.ts";
import { litPaths, type Region } from "./region.ts";

const rowBytes = 16;

/** A run of bytes of one region, within a row. */
interface Piece {
  readonly region: number;
  readonly hex: string;
  readonly text: string;
}

const steps: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 };

/**
 * Bytes in rows of sixteen, colored by what they are. What is pointed at lights up, here and wherever it stands; by keyboard
 * the arrows to the left and to the right go from one part to the next.
 */
export function HexDump({ bytes, regions, label }: { bytes: Uint8Array; regions: readonly Region[]; label: string }) {
  const rows = useMemo(() => toRows(bytes, regions), [bytes, regions]);
  const paths = useMemo(() => new Set(regions.flatMap(({ path }) => path ?? [])), [regions]);
  const pointed = useRef(-1);
  function step(event: KeyboardEvent) {
    const by = steps[event.key];
    if (by === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    pointed.current = Math.min(Math.max(pointed.current + by, 0), regions.length - 1);
    pointAt(regions[pointed.current]);
  }
  const lit = litPath.value === undefined ? undefined : litPaths(litPath.value, paths);
  return (
    <section
      class="hex"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard (WCAG 2.1.1)
      tabIndex={0}
      onPointerOver={event => pointAt(regionAt(event.target, regions))}
      onPointerLeave={() => pointAt(undefined)}
      onKeyDown={step}
    >
      {rows.map((pieces, row) => (
        <div class="hex-row" key={row}>
          <span class="hex-offset">{(row * rowBytes).toString(16).padStart(4, "0")}</span>
          <span class="hex-bytes">
            {pieces.map(({ region, hex }, i) => (
              <span key={i} {...attributesOf(region, regions[region], lit)}>
                {hex}
              </span>
            ))}
          </span>
          <span class="hex-text" aria-hidden="true">
            {pieces.map(({ region, text }, i) => (
              <span key={i} {...attributesOf(region, regions[region], lit)}>
                {text}
              </span>
            ))}
          </span>
        </div>
      ))}
    </section>
  );
}

/** Shows what a region is, and where it stands elsewhere. */
export function pointAt(region: Region | undefined): void {
  litPath.value = region?.path;
  litText.value = region ? safeText(`${region.label}: ${region.value}`) : "";
}

function regionAt(target: EventTarget | null, regions: readonly Region[]): Region | undefined {
  const index = (target as Element | null)?.closest("[data-region]")?.getAttribute("data-region");
  return index == null ? undefined : regions[Number(index)];
}

function attributesOf(index: number, region: Region | undefined, lit: ReadonlySet<string> | undefined) {
  const isLit = region?.path !== undefined && lit?.has(region.path) === true;
  return { "data-region": index, "data-kind": region?.kind, "data-lit": isLit ? "" : undefined };
}

function toRows(bytes: Uint8Array, regions: readonly Region[]): Piece[][] {
  const rows: Piece[][] = [];
  for (const [region, { start, end }] of regions.entries()) {
    for (let from = start; from < Math.min(end, bytes.length); ) {
      const row = Math.floor(from / rowBytes);
      const to = Math.min(end, bytes.length, (row + 1) * rowBytes);
      const part = bytes.subarray(from, to);
      const hex = Array.from(part, byte => byte.toString(16).padStart(2, "0")).join(" ");
      const text = Array.from(part, byte => (byte > 32 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
      rows[row] ??= [];
      rows[row].push({ region, hex, text });
      from = to;
    }
  }
  return rows;
}
