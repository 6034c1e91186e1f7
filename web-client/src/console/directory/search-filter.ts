/** Operators of the filter's grammar (AIP-160): who types one means it. */
const operators = /[=:<>"()]|\bAND\b/;

/** What somebody looks for, as a filter: words are found in name or email, and what looks like a filter is one. */
export function filterOf(text: string): string {
  const trimmed = text.trim();
  if (trimmed === "" || operators.test(trimmed)) return trimmed;
  return `"${trimmed.replace(/[\\"]/g, "\\$&")}"`;
}
