import type { DescMessage, JsonValue } from "@bufbuild/protobuf";
import { type ComponentType, createContext } from "preact";
import type { Draft } from "./draft.ts";
import { problems } from "./form-state.ts";
import type { Control } from "./shape.ts";

/** What every part of the form gets: its value, where it stands, and whom to tell. */
export interface PartProps<Value> {
  readonly value: Value;
  /** As servers write it: `user.name`, `ids[3]`. */
  readonly path: string;
  readonly onChange: (value: Value) => void;
}

/** What a control of one value gets. */
export interface ValueProps {
  readonly control: Control;
  /** Whether an unset value is another one than the zero value. */
  readonly presence: boolean;
  readonly value: JsonValue | undefined;
  readonly path: string;
  readonly onChange: (value: JsonValue | undefined) => void;
  /** The message around it, whose fields a mask may name. */
  readonly siblings?: DescMessage;
}

/** What {@link FormParts} has of a whole message. */
export type MessageProps = PartProps<Draft> & { readonly desc: DescMessage };

/** The form of a message and the control of a value, for controls that have such in them: messages hold messages. */
export const FormParts = createContext<{
  readonly Message: ComponentType<MessageProps>;
  readonly Value: ComponentType<ValueProps>;
}>({ Message: () => null, Value: () => null });

/** What is wrong with a field; told to those who do not see it, too. */
export function Problem({ path }: { path: string }) {
  return (
    <p class="problem" id={`${idOf(path)}-problem`} aria-live="polite">
      {problems.value.get(path)}
    </p>
  );
}

/** The id of a field's control in the page; keys of maps may hold what lists of ids cannot. */
export function idOf(path: string): string {
  return `field:${encodeURIComponent(path)}`;
}

/** The attributes that join a control with its name, its hint and its problem. */
export function described(path: string) {
  const id = idOf(path);
  // An element of a list has no label of its own.
  const unlabeled = path.endsWith("]") ? { "aria-label": path } : {};
  return { id, ...unlabeled, "aria-describedby": `${id}-hint ${id}-problem`, "aria-invalid": problems.value.has(path) };
}
