import type { DescMessage } from "@bufbuild/protobuf";
import type { ValueProps } from "./parts.tsx";
import { controlOfMessage } from "./shape.ts";
import { TextControl } from "./text-control.tsx";

/** The paths of a mask, as text and as boxes for the fields that it is most likely about. */
export function MaskControl(props: ValueProps & { siblings: DescMessage | undefined }) {
  const { value, onChange, siblings } = props;
  const paths = String(value ?? "")
    .split(",")
    .filter(Boolean);
  const masked = maskedBy(siblings);
  function toggle(name: string) {
    const next = paths.includes(name) ? paths.filter(each => each !== name) : [...paths, name];
    onChange(next.length === 0 ? undefined : next.join(","));
  }
  return (
    <div class="mask">
      <TextControl {...props} />
      <div class="choices">
        {masked?.fields.map(({ name, jsonName }) => (
          <label key={name}>
            <input type="checkbox" checked={paths.includes(jsonName)} onChange={() => toggle(jsonName)} />
            {name}
          </label>
        ))}
      </div>
    </div>
  );
}

/** The message beside a mask, where there is one alone. */
function maskedBy(siblings: DescMessage | undefined): DescMessage | undefined {
  const messages = (siblings?.fields ?? []).flatMap(({ fieldKind, message }) =>
    fieldKind === "message" && message && controlOfMessage(message).kind === "message" ? [message] : [],
  );
  return messages.length === 1 ? messages[0] : undefined;
}
