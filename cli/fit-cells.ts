const segmenter = new Intl.Segmenter();

/** Characters that take two columns of a terminal: emoji, and the scripts and punctuation of East Asia. */
const wide =
  /^(?:\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|[\u3000-\u303f\uff01-\uff60])/u;

/** Columns of the terminal that a column of the table keeps while others can be left out. */
const FEWEST = 12;

/** Columns between two cells of a line. */
export const GAP = 2;

/**
 * Cuts the cells of a table to `limits`, one for each of its columns (undefined: none), and those further where a line
 * would be longer than `room`; both in columns of the terminal. Where that is not enough, the columns at the right are
 * left out, down to the first. What is cut ends in an ellipsis, and is cut between what people take for characters,
 * such as an emoji of several code points.
 */
export function fitCells(rows: readonly string[][], limits: readonly (number | undefined)[], room: number): string[][] {
  const widths = limits.map((limit, column) => {
    const widest = Math.max(0, ...rows.map(row => widthOf(row[column] ?? "")));
    return Math.min(widest, limit ?? widest);
  });
  const least = widths.map((width, column) => (limits[column] === undefined ? width : Math.min(width, FEWEST)));
  while (widths.length > 1 && total(least) > room) for (const list of [widths, least]) list.pop();
  while (total(widths) > room) {
    const spare = widths.map((width, column) => (width > (least[column] ?? 0) ? width : 0));
    const widest = Math.max(...spare);
    if (widest === 0) break;
    widths[spare.indexOf(widest)] = widest - 1;
  }
  if (widths.length === 1) widths[0] = Math.min(widths[0] ?? 0, room);
  return rows.map(row => widths.map((width, column) => cut(row[column] ?? "", width)));
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + GAP, -GAP);
}

/** Columns of a terminal that a text takes. */
export function widthOf(text: string): number {
  return [...segmenter.segment(text)].reduce((sum, { segment }) => sum + widthOfOne(segment), 0);
}

function widthOfOne(character: string): number {
  return wide.test(character) ? 2 : 1;
}

function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let left = width - 1;
  for (const { segment, index } of segmenter.segment(text)) {
    left -= widthOfOne(segment);
    if (left < 0) return `${text.slice(0, index)}…`;
  }
  return text;
}
