import { computed, effect, signal } from "@preact/signals";
import type { Method } from "../schema/schema.ts";
import { method, queued, requestText, schema } from "../state.ts";
import { asObject, type Draft } from "./draft.ts";
import { exampleOf } from "./example.ts";
import { parseJson, printJson } from "./parse-json.ts";
import { type Problems, problemsOf } from "./problems.ts";
import { createRuleReader, type RuleReader } from "./rules.ts";

/** What the text of the message is as JSON, or where it is none. */
export const reading = computed(() => parseJson(requestText.value));

/** The message as the form has it; empty while the text is no JSON. */
export const draft = computed<Draft>(() => (reading.value.ok ? asObject(reading.value.value) : {}));

/** The rules of the server's contracts. */
export const rules = computed<RuleReader | undefined>(() => schema.value && createRuleReader(schema.value.registry));

/** What the last call of this very message was refused for, by the paths of fields. */
export const refusals = signal<ReadonlyMap<string, string>>(new Map());

/** What is wrong with the message, by the paths of fields; what the server said of it stands before our own words. */
export const problems = computed<Problems>(() => {
  const { value: known } = rules;
  const found = known && method.value ? problemsOf(method.value.desc.input, draft.value, known) : [];
  return new Map([...found, ...refusals.value]);
});

/** Takes what the form has made of the message. */
export function setDraft(next: Draft): void {
  requestText.value = printJson(next);
}

/** What the contract shows of a method, or else a message with each field filled in; the ids of calls are left out. */
export function exampleText(shown: Method): string {
  const [first] = shown.examples;
  if (first) {
    const parsed = parseJson(first.request);
    return parsed.ok ? printJson(parsed.value) : first.request;
  }
  if (!rules.value) return "{}";
  const options = { rules: rules.value, now: Date.now(), uuid: () => crypto.randomUUID() };
  const example = exampleOf(shown.desc.input, options);
  const idField = shown.desc.input.fields.find(({ name }) => name === shown.requestIdField);
  if (idField) delete example[idField.jsonName];
  return printJson(example);
}

/** What was being written for each method, while the page is open. */
const drafts = new Map<string, string>();

/** Keeps the message of a method while another one is shown; the first time it begins with an example that harms nothing. */
export function followMethod(): () => void {
  let shown: Method | undefined;
  return effect(() => {
    const next = method.value;
    if (next === shown || !next) return;
    if (shown) drafts.set(shown.path, requestText.peek());
    shown = next;
    requestText.value = drafts.get(next.path) ?? (isHarmless(next) ? exampleText(next) : "{}");
    queued.value = [];
  });
}

/** A message that was changed is not the one that was refused. */
export function forgetRefusals(): () => void {
  return effect(() => {
    void requestText.value;
    refusals.value = new Map();
  });
}

function isHarmless({ safe, role, examples }: Method): boolean {
  return examples.length > 0 || safe || role === "public";
}
