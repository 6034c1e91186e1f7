import type { DescMessage, JsonValue } from "@bufbuild/protobuf";
import { useContext } from "preact/hooks";
import { AnyControl } from "./any-control.tsx";
import { BytesControl } from "./bytes-control.tsx";
import { asObject } from "./draft.ts";
import { JsonControl } from "./json-control.tsx";
import { MaskControl } from "./mask-control.tsx";
import { described, FormParts, type ValueProps } from "./parts.tsx";
import type { Control } from "./shape.ts";
import { TextControl } from "./text-control.tsx";

/** What edits one value. */
export function ValueControl(props: ValueProps) {
  const { control, presence, value, path, onChange, siblings } = props;
  switch (control.kind) {
    case "bool":
      return presence ? <FlagChoice {...props} /> : <Flag {...props} />;
    case "enum":
      return (
        <select
          {...described(path)}
          value={String(value ?? "")}
          onChange={event => onChange(chosen(event.currentTarget.value))}
        >
          <option value="">{presence ? "unset" : (control.desc.values[0]?.name ?? "unset")}</option>
          {control.desc.values.slice(presence ? 0 : 1).map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
          {isStrange(control, value) && <option value={String(value)}>{String(value)}</option>}
        </select>
      );
    case "bytes":
      return <BytesControl value={String(value ?? "")} path={path} onChange={onChange} />;
    case "mask":
      return <MaskControl {...props} siblings={siblings} />;
    case "json":
      return <JsonControl {...props} zero={control.zero} />;
    case "any":
      return <AnyControl value={value} path={path} onChange={onChange} />;
    case "message":
      return <NestedMessage {...props} desc={control.desc} />;
    default:
      return <TextControl {...props} />;
  }
}

function chosen(text: string): JsonValue | undefined {
  if (text === "") return undefined;
  // A number that the contract has no name for.
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

function isStrange(control: Control & { kind: "enum" }, value: JsonValue | undefined): boolean {
  return value !== undefined && value !== "" && !control.desc.values.some(({ name }) => name === value);
}

function Flag({ value, path, onChange }: ValueProps) {
  return (
    <input
      type="checkbox"
      {...described(path)}
      checked={value === true}
      onChange={event => onChange(event.currentTarget.checked || undefined)}
    />
  );
}

function FlagChoice({ value, path, onChange }: ValueProps) {
  return (
    <select
      {...described(path)}
      value={String(value ?? "")}
      onChange={({ currentTarget: { value: text } }) => onChange(text === "" ? undefined : text === "true")}
    >
      <option value="">unset</option>
      <option value="true">true</option>
      <option value="false">false</option>
    </select>
  );
}

/** A message within a message; it is there only once somebody wants it, for contracts may hold themselves. */
function NestedMessage({ desc, value, presence, path, onChange }: ValueProps & { desc: DescMessage }) {
  const { Message } = useContext(FormParts);
  if (value === undefined) {
    return (
      <button type="button" class="add" onClick={() => onChange({})}>
        + {desc.name}
      </button>
    );
  }
  return (
    <div class="nested">
      <Message desc={desc} value={asObject(value)} path={path} onChange={onChange} />
      {presence && (
        <button type="button" class="link" onClick={() => onChange(undefined)}>
          leave {desc.name} out
        </button>
      )}
    </div>
  );
}
