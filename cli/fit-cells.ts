const segmenter = new Intl.Segmenter();

/** What takes two columns of a terminal: emoji, and the scripts and punctuation of East Asia. */
const wide =
  /^(?:\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|[\u3000-\u303f\uff01-\uff60])/u;

/** Columns that a column of the table keeps, however narrow the terminal is. */
const FEWEST = 12;

/** Columns between two cells of a line. */
export const GAP = 2;

/**
 * Cuts the cells of a table to `limits`, one for each of its columns (undefined: none), and those further where a line would
 * be longer than `room`; both in columns of the terminal. What is cut ends in an ellipsis, and is cut between what people
 * take for characters, such as an emoji of several code points.
 */
export function fitCells(rows: readonly string[][], limits: readonly (number | undefined)[], room: number): string[][] {
  const widths = limits.map((limit, column) => {
    const widest = Math.max(0, ...rows.map(row => widthOf(row[column] ?? "")));
    return Math.min(widest, limit ?? widest);
  });
  const total = () => widths.reduce((sum, width) => sum + width + GAP, -GAP);
  const cuttable = () => widths.map((width, column) => (limits[column] === undefined ? 0 : width));
  while (total() > room) {
    const widest = Math.max(...cuttable());
    if (widest <= FEWEST) break;
    widths[cuttable().indexOf(widest)] = widest - 1;
  }
  return rows.map(row => row.map((cell, column) => cut(cell, widths[column] ?? 0)));
}

function widthOf(text: string): number {
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
