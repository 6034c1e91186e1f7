import { useState } from "preact/hooks";
import { described, type ValueProps } from "./parts.tsx";
import { readText, textOf } from "./value-text.ts";

/** Texts, numbers, times and durations: what is typed in a line. */
export function TextControl({ control, presence, value, path, onChange }: ValueProps) {
  const [typed, setTyped] = useState("");
  // While what is typed means the value, it stays as it was typed: "1." is on its way to "1.5".
  const text = readText(control, typed) === value ? typed : textOf(value);
  const isNumber = control.kind === "integer" || control.kind === "float";

  function change(next: string) {
    setTyped(next);
    const json = readText(control, next);
    onChange(json === "" && !presence ? undefined : json);
  }
  if (control.kind === "text") {
    return (
      <textarea
        {...described(path)}
        class="line"
        rows={1}
        spellcheck={false}
        value={textOf(value)}
        onInput={event => change(event.currentTarget.value)}
        onKeyDown={event => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          event.currentTarget.form?.requestSubmit();
        }}
      />
    );
  }
  return (
    <div class="with-button">
      <input
        type="text"
        {...described(path)}
        inputMode={isNumber ? "decimal" : "text"}
        placeholder={placeholders[control.kind]}
        spellcheck={false}
        autocomplete="off"
        value={text}
        onInput={event => change(event.currentTarget.value)}
      />
      {control.kind === "timestamp" && (
        <button type="button" onClick={() => change(new Date().toISOString())}>
          Now
        </button>
      )}
    </div>
  );
}

const placeholders: Readonly<Record<string, string>> = {
  timestamp: "2026-01-02T03:04:05Z",
  duration: "1.5s, 250ms, 2m",
};
