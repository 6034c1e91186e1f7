import type { Method } from "./schema.ts";

/** How well a method is what somebody looks for: 0 for not at all. */
function score(method: Method, words: readonly string[]): number {
  const name = method.name.toLowerCase();
  const path = method.path.toLowerCase();
  const rest = method.bindings.map(({ verb, template }) => `${verb} ${template}`.toLowerCase()).join(" ");
  const comment = method.comment.toLowerCase();
  let total = 0;
  for (const word of words) {
    const found =
      (name.startsWith(word) && 16) ||
      (name.includes(word) && 8) ||
      (path.includes(word) && 4) ||
      (rest.includes(word) && 3) ||
      (isSubsequence(word, name) && 2) ||
      (comment.includes(word) && 1);
    if (!found) return 0;
    total += found;
  }
  return total;
}

/**
 * The methods that have every word of `query` in their name, path, REST path or comment, or its letters in the order of the
 * name; best first, and as they came where they are equal. All of them for an empty query.
 */
export function searchMethods(methods: Iterable<Method>, query: string): Method[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...methods];
  return [...methods]
    .map(method => ({ method, score: score(method, words) }))
    .filter(found => found.score > 0)
    .sort((a, b) => b.score - a.score || a.method.name.length - b.method.name.length)
    .map(({ method }) => method);
}

function isSubsequence(letters: string, text: string): boolean {
  let at = -1;
  for (const letter of letters) {
    at = text.indexOf(letter, at + 1);
    if (at === -1) return false;
  }
  return true;
}
