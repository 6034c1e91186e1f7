import type { JsonValue } from "@bufbuild/protobuf";
import { useContext } from "preact/hooks";
import { schema } from "../state.ts";
import { asObject } from "./draft.ts";
import { described, FormParts } from "./parts.tsx";
import { controlOfMessage } from "./shape.ts";

interface AnyControlProps {
  value: JsonValue | undefined;
  path: string;
  onChange: (value: JsonValue | undefined) => void;
}

const prefix = "type.googleapis.com/";

/** A message of any type: its type, by name, and then its fields. */
export function AnyControl({ value, path, onChange }: AnyControlProps) {
  const { Message, Value } = useContext(FormParts);
  const { "@type": type, ...fields } = asObject(value);
  const name = String(type ?? "").replace(/^.*\//, "");
  const { registry } = schema.value ?? {};
  const desc = registry?.getMessage(name);
  const names = [...(registry ?? [])].flatMap(each => (each.kind === "message" ? [each.typeName] : []));
  const control = desc && controlOfMessage(desc);
  return (
    <div class="nested">
      <input
        type="text"
        {...described(path)}
        aria-label={`Type of ${path}`}
        list={`types:${path}`}
        placeholder="full name of a message"
        value={name}
        onChange={({ currentTarget: { value: text } }) =>
          onChange(text === "" ? undefined : { "@type": prefix + text })
        }
      />
      <datalist id={`types:${path}`}>
        {names.map(each => (
          <option key={each} value={each} />
        ))}
      </datalist>
      {control?.kind === "message" && (
        <Message
          desc={control.desc}
          value={fields}
          path={path}
          onChange={next => onChange({ "@type": prefix + name, ...next })}
        />
      )}
      {control && control.kind !== "message" && (
        // What Protobuf JSON writes in its own way stands in `value`.
        <Value
          control={control}
          presence={false}
          value={fields.value}
          path={`${path}.value`}
          onChange={next => onChange({ "@type": prefix + name, ...(next !== undefined && { value: next }) })}
        />
      )}
    </div>
  );
}
