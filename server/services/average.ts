/**
 * `sum / count` with one decimal, exact ties to the even digit, as C's printf writes it: 31.25 is "31.2" and 31.75 is
 * "31.8". `Number.prototype.toFixed` rounds as printf does but for those ties, which it rounds up.
 */
export function formatAverage(sum: number, count: number): string {
  const average = sum / count;
  // A double has an exact tie at the first decimal only where its fraction is .25 or .75.
  if (Math.abs((average * 4) % 2) !== 1) return average.toFixed(1);
  const tenths = Math.floor(average * 10);
  return ((tenths % 2 === 0 ? tenths : tenths + 1) / 10).toFixed(1);
}
