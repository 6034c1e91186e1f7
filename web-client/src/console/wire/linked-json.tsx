import { useMemo } from "preact/hooks";
import { safeText } from "../shown-text.ts";
import { jsonParts } from "./decode-json.ts";
import { litPath, litText } from "./lit.ts";
import { litPaths } from "./region.ts";

/** Longer texts have no parts: each one is an element. */
const partedLength = 20_000;

/** JSON whose values light up with the bytes they are made of, and those with them. */
export function LinkedJson({ text }: { text: string }) {
  const parts = useMemo(() => (text.length > partedLength ? [] : jsonParts(text)), [text]);
  const paths = useMemo(() => new Set(parts.map(({ path }) => path)), [parts]);
  const lit = litPath.value === undefined ? undefined : litPaths(litPath.value, paths);
  function point(target: EventTarget | null) {
    const path = (target as Element | null)?.closest("[data-path]")?.getAttribute("data-path");
    litPath.value = path || undefined;
    litText.value = path ? safeText(path) : "";
  }
  return (
    <pre
      class="json-text linked"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard (WCAG 2.1.1)
      tabIndex={0}
      onPointerOver={event => point(event.target)}
      onPointerLeave={() => point(null)}
    >
      <code>
        {parts.length === 0
          ? safeText(text)
          : parts.map(({ path, start, end }) => (
              <span key={start} data-path={path} data-lit={path !== "" && lit?.has(path) ? "" : undefined}>
                {safeText(text.slice(start, end))}
              </span>
            ))}
      </code>
    </pre>
  );
}
