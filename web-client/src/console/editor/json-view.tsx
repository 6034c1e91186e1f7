import { useEffect, useRef, useState } from "preact/hooks";
import { reading } from "../form/form-state.ts";
import { requestText } from "../state.ts";
import type { JsonEditor } from "./json-editor.ts";

const label = "Message in JSON";

/** The message as JSON. Until the editor is loaded, and where it cannot be, it is a plain field of text. */
export function JsonView() {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<JsonEditor>(undefined);
  const [isLoaded, setLoaded] = useState(false);
  useEffect(() => {
    let isGone = false;
    import("./json-editor.ts").then(
      ({ createJsonEditor }) => {
        const { current: parent } = host;
        if (isGone || !parent) return;
        editor.current = createJsonEditor(parent, {
          text: requestText.peek(),
          label,
          onChange: text => (requestText.value = text),
          onSubmit: () => parent.closest("form")?.requestSubmit(),
        });
        setLoaded(true);
      },
      // The plain field stays.
      () => {},
    );
    return () => {
      isGone = true;
      editor.current?.destroy();
    };
  }, []);
  useEffect(() => editor.current?.setText(requestText.value), [requestText.value]);
  return (
    <>
      <div ref={host} hidden={!isLoaded} />
      {!isLoaded && (
        <textarea
          class="json"
          aria-label={label}
          spellcheck={false}
          value={requestText.value}
          onInput={event => (requestText.value = event.currentTarget.value)}
        />
      )}
      <p class="problem" aria-live="polite">
        {reading.value.ok ? "" : `Line ${reading.value.line}: ${reading.value.problem}`}
      </p>
    </>
  );
}
