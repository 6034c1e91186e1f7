import type { DescField, DescOneof, JsonValue } from "@bufbuild/protobuf";
import { schema } from "../state.ts";
import { chosenOf, type Draft, fieldValue, withField } from "./draft.ts";
import { emptyOf } from "./empty-value.ts";
import { FieldControl } from "./field-control.tsx";
import { rules } from "./form-state.ts";
import { idOf, type MessageProps, type PartProps, Problem } from "./parts.tsx";
import { shapeOf } from "./shape.ts";

/** The fields of a message, oneofs as a choice. */
export function MessageForm({ desc, value, path, onChange }: MessageProps) {
  const at = path === "" ? "" : `${path}.`;
  if (desc.fields.length === 0) return <p class="hint">{desc.name} has no fields.</p>;
  return (
    <div class="fields">
      {desc.members.map(member =>
        member.kind === "oneof" ? (
          <OneofForm key={member.name} oneof={member} value={value} path={at} onChange={onChange} />
        ) : (
          <FieldRow
            key={member.name}
            field={member}
            value={fieldValue(value, member)}
            path={at + member.name}
            onChange={next => onChange(withField(value, member, next))}
          />
        ),
      )}
    </div>
  );
}

/** One of several fields: the choice, and the field that is chosen. */
function OneofForm({ oneof, value, path, onChange }: PartProps<Draft> & { oneof: DescOneof }) {
  const chosen = chosenOf(value, oneof);
  const group = `oneof:${path}${oneof.name}`;
  const required = rules.value?.oneofRequired(oneof) ?? false;
  function choose(field: DescField | undefined) {
    if (field) onChange(withField(value, field, fieldValue(value, field) ?? firstValue(field)));
    else if (chosen) onChange(withField(value, chosen, undefined));
  }
  return (
    <fieldset class="oneof">
      <legend>
        {oneof.name} <span class="field-type">one of</span>
      </legend>
      <div class="choices">
        {!required && (
          <label>
            <input type="radio" name={group} checked={!chosen} onChange={() => choose(undefined)} />
            none
          </label>
        )}
        {oneof.fields.map(field => (
          <label key={field.name}>
            <input type="radio" name={group} checked={field === chosen} onChange={() => choose(field)} />
            {field.name}
          </label>
        ))}
      </div>
      <Problem path={path + oneof.name} />
      {chosen && (
        <FieldRow
          key={chosen.name}
          field={chosen}
          value={fieldValue(value, chosen)}
          path={path + chosen.name}
          onChange={next => onChange(withField(value, chosen, next ?? firstValue(chosen)))}
        />
      )}
    </fieldset>
  );
}

interface FieldRowProps {
  field: DescField;
  value: JsonValue | undefined;
  path: string;
  onChange: (value: JsonValue | undefined) => void;
}

/** A field with its name, what its contract says, its rules, and what is wrong with it. */
function FieldRow({ field, value, path, onChange }: FieldRowProps) {
  const shape = shapeOf(field);
  const comment = schema.value?.comments(`${field.parent.typeName}.${field.name}`);
  const fieldRules = rules.value?.of(field);
  const words = (fieldRules?.checks ?? []).map(check => check.words.replace(/^(have|be) /, "")).join(", ");
  const single = shape.many === "one" && shape.control.kind !== "message" && shape.control.kind !== "any";
  const canUnset = shape.presence && value !== undefined && !field.oneof && single;
  return (
    <div class="field" data-field={path}>
      <div class="field-head">
        {single ? <label for={idOf(path)}>{field.name}</label> : <span class="field-name">{field.name}</span>}
        <span class="field-type">{typeName(field)}</span>
        {fieldRules?.required && <span class="field-required">required</span>}
        {canUnset && (
          <button type="button" class="link" onClick={() => onChange(undefined)}>
            unset<span class="visually-hidden"> {field.name}</span>
          </button>
        )}
      </div>
      <FieldControl field={field} shape={shape} value={value} path={path} onChange={onChange} />
      {(comment || words) && (
        <p class="hint" id={`${idOf(path)}-hint`}>
          {comment}
          {comment && words && " "}
          {words && <span class="field-rules">{words}</span>}
        </p>
      )}
      <Problem path={path} />
    </div>
  );
}

/** What a field is once it is chosen. */
function firstValue(field: DescField): JsonValue {
  const { control } = shapeOf(field);
  // A choice that is a flag is made to be set.
  return control.kind === "bool" ? true : emptyOf(control);
}

function typeName(field: DescField): string {
  const { many, key } = shapeOf(field);
  const one = field.message?.name ?? field.enum?.name ?? scalarName(field);
  if (many === "list") return `repeated ${one}`;
  return many === "map" ? `map of ${key?.kind} to ${one}` : one;
}

function scalarName(field: DescField): string {
  return (field.proto.type ? scalarNames[field.proto.type] : undefined) ?? "";
}

/** By the numbers of FieldDescriptorProto.Type. */
const scalarNames: Readonly<Record<number, string>> = {
  1: "double",
  2: "float",
  3: "int64",
  4: "uint64",
  5: "int32",
  6: "fixed64",
  7: "fixed32",
  8: "bool",
  9: "string",
  12: "bytes",
  13: "uint32",
  15: "sfixed32",
  16: "sfixed64",
  17: "sint32",
  18: "sint64",
};
