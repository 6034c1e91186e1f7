/** Longer texts have no colors: each one is an element. */
const coloredLength = 20_000;

/** A string with the colon that makes it a key, a string, or another value. */
const token = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null/g;

/** JSON to be read: keys and texts told apart by color. */
export function JsonText({ text }: { text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard (WCAG 2.1.1)
    <pre class="json-text" tabIndex={0}>
      <code>{text.length > coloredLength ? text : colored(text)}</code>
    </pre>
  );
}

function colored(text: string) {
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(token)) {
    const [all, string, colon] = match;
    const kind = string === undefined ? "json-value" : colon === undefined ? "json-string" : "json-key";
    parts.push(text.slice(at, match.index), <span class={kind}>{string ?? all}</span>, colon ?? "");
    at = match.index + all.length;
  }
  return [...parts, text.slice(at)];
}
