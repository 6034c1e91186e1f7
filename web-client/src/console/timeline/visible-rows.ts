/** What is scrolled, in pixels. */
export interface Viewport {
  readonly scrollTop: number;
  readonly height: number;
  readonly rowHeight: number;
}

/** Rows that are drawn beyond the edges, so that none is missing while somebody scrolls. */
const beyond = 8;

/** The rows that are drawn of `count`: from `first` up to, and without, `end`. */
export function visibleRows(count: number, { scrollTop, height, rowHeight }: Viewport): { first: number; end: number } {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - beyond);
  const end = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + beyond);
  return { first: Math.min(first, Math.max(0, count - 1)), end: Math.max(end, 0) };
}
