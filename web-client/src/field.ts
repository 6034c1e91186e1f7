import { find } from "./dom.ts";
import type { Reading } from "./rules.ts";

/** A text field whose problem, if it has one, stands below it. */
export interface Field<Value> {
  read: () => Reading<Value>;
  focus: () => void;
}

/**
 * Binds the input `#id` and the paragraph `#id-problem` to a rule. The rule is applied at each keystroke: it must take
 * every beginning of a valid text, or it would complain about what is merely unfinished.
 */
export function bindField<Value>(root: ParentNode, id: string, rule: (text: string) => Reading<Value>): Field<Value> {
  const input = find(root, `#${id}`, HTMLInputElement);
  const problem = find(root, `#${id}-problem`, HTMLElement);
  const read = () => rule(input.value);
  const show = () => {
    const reading = read();
    input.setAttribute("aria-invalid", String(!reading.ok));
    problem.textContent = reading.ok ? "" : reading.problem;
  };
  input.addEventListener("input", show);
  // A browser may have restored what was typed before a reload.
  show();
  return { read, focus: () => input.focus() };
}
