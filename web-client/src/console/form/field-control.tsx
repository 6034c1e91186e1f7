import type { DescField, JsonValue } from "@bufbuild/protobuf";
import { asList, asObject, freeKey, renameKey } from "./draft.ts";
import { emptyOf } from "./empty-value.ts";
import { Problem } from "./parts.tsx";
import type { Shape } from "./shape.ts";
import { ValueControl } from "./value-control.tsx";

interface FieldControlProps {
  field: DescField;
  shape: Shape;
  value: JsonValue | undefined;
  path: string;
  onChange: (value: JsonValue | undefined) => void;
}

/** What edits a field: one value, a list of them, or a map. */
export function FieldControl({ field, shape, value, path, onChange }: FieldControlProps) {
  if (shape.many === "list") return <ListControl {...{ field, shape, value, path, onChange }} />;
  if (shape.many === "map") return <MapControl {...{ field, shape, value, path, onChange }} />;
  const { control, presence } = shape;
  return <ValueControl {...{ control, presence, value, path, onChange }} siblings={field.parent} />;
}

function ListControl({ field, shape, value, path, onChange }: FieldControlProps) {
  const list = asList(value);
  const { control } = shape;
  function set(next: JsonValue[]) {
    onChange(next.length === 0 ? undefined : next);
  }
  return (
    <div class="many">
      {list.map((each, i) => (
        <div class="many-item" key={i}>
          <ValueControl
            control={control}
            presence={false}
            value={each}
            path={`${path}[${i}]`}
            onChange={next => set(list.with(i, next ?? emptyOf(control)) as JsonValue[])}
          />
          <RemoveButton what={`${field.name} ${i + 1}`} onClick={() => set(list.toSpliced(i, 1) as JsonValue[])} />
          <Problem path={`${path}[${i}]`} />
        </div>
      ))}
      <button type="button" class="add" onClick={() => set([...list, emptyOf(control)])}>
        + {field.name}
      </button>
    </div>
  );
}

function MapControl({ field, shape, value, path, onChange }: FieldControlProps) {
  const map = asObject(value);
  const { control, key } = shape;
  return (
    <div class="many">
      {Object.entries(map).map(([name, each], i) => {
        const at = `${path}[${JSON.stringify(name)}]`;
        return (
          <div class="many-item many-entry" key={i}>
            <input
              type="text"
              aria-label={`Key ${i + 1} of ${field.name}`}
              value={name}
              onChange={event => onChange(renameKey(map, name, event.currentTarget.value))}
            />
            <ValueControl
              control={control}
              presence={false}
              value={each}
              path={at}
              onChange={next => onChange({ ...map, [name]: next ?? emptyOf(control) })}
            />
            <RemoveButton
              what={`${field.name} ${name}`}
              onClick={() => {
                const { [name]: _removed, ...rest } = map;
                onChange(Object.keys(rest).length === 0 ? undefined : rest);
              }}
            />
            <Problem path={at} />
          </div>
        );
      })}
      <button
        type="button"
        class="add"
        onClick={() =>
          onChange({
            ...map,
            [key?.kind === "bool" ? freeFlag(map) : freeKey(map, key?.kind === "integer")]: emptyOf(control),
          })
        }
      >
        + {field.name}
      </button>
    </div>
  );
}

function freeFlag(map: object): string {
  return "true" in map ? "false" : "true";
}

function RemoveButton({ what, onClick }: { what: string; onClick: () => void }) {
  return (
    <button type="button" class="remove" aria-label={`Remove ${what}`} onClick={onClick}>
      ×
    </button>
  );
}
