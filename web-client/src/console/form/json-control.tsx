import type { JsonValue } from "@bufbuild/protobuf";
import { useState } from "preact/hooks";
import { parseJson, printJson } from "./parse-json.ts";
import { described, type ValueProps } from "./parts.tsx";

/** JSON as it is: Struct, Value and ListValue. */
export function JsonControl({ zero, presence, value, path, onChange }: ValueProps & { zero: string }) {
  const [typed, setTyped] = useState<string>();
  const reading = typed === undefined ? undefined : parseJson(typed);
  const isOurs = reading !== undefined && (!reading.ok || same(reading.value, value));
  return (
    <>
      <textarea
        {...described(path)}
        class="line mono"
        rows={1}
        spellcheck={false}
        placeholder={zero}
        value={isOurs ? typed : value === undefined ? "" : printJson(value)}
        onInput={event => {
          const text = event.currentTarget.value;
          setTyped(text);
          const next = parseJson(text);
          if (text.trim() === "" && presence) onChange(undefined);
          else if (next.ok) onChange(next.value);
        }}
      />
      {reading && !reading.ok && isOurs && <p class="problem">{reading.problem}; the last JSON is sent</p>}
    </>
  );
}

function same(a: JsonValue, b: JsonValue | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
