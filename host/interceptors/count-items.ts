import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";

/** Counts the items of lists and the entries of maps in a message, at any depth, and stops once there are more than `max`. */
export type CountItems = (message: Message, max: number) => number;

type Fields = Record<string, unknown>;

/** What of a message is looked at: fields that are lists or maps, and those whose messages have some. */
interface Plan {
  readonly fields: readonly { readonly field: DescField; readonly within: Plan | undefined }[];
}

/** Prepares the count for messages of a type; for a type without lists and maps it costs nothing. */
export function createCountItems(schema: DescMessage): CountItems {
  if (!holdsItems(schema)) return () => 0;
  const plan = planOf(schema, new Map());
  return (message, max) => count(plan, message as unknown as Fields, max, 0);
}

function planOf(schema: DescMessage, plans: Map<DescMessage, Plan>): Plan {
  const known = plans.get(schema);
  if (known) return known;
  const fields: { field: DescField; within: Plan | undefined }[] = [];
  const plan = { fields };
  plans.set(schema, plan);
  for (const field of schema.fields) {
    const within = field.message && holdsItems(field.message) ? planOf(field.message, plans) : undefined;
    if (isRepeated(field) || within) fields.push({ field, within });
  }
  return plan;
}

/** Whether a message of this type has a list or a map, at any depth. */
function holdsItems(schema: DescMessage, seen = new Set<DescMessage>()): boolean {
  // In code it is a plain object, and nothing in it has rules.
  if (seen.has(schema) || schema.typeName === "google.protobuf.Struct") return false;
  seen.add(schema);
  return schema.fields.some(field => isRepeated(field) || (field.message && holdsItems(field.message, seen)));
}

function isRepeated({ fieldKind }: DescField): boolean {
  return fieldKind === "list" || fieldKind === "map";
}

function count(plan: Plan, message: Fields, max: number, before: number): number {
  let total = before;
  for (const { field, within } of plan.fields) {
    const value = setValue(field, message);
    if (value === undefined) continue;
    if (isRepeated(field)) total += Array.isArray(value) ? value.length : Object.keys(value).length;
    if (total > max) return total;
    if (within === undefined) continue;
    for (const item of isRepeated(field) ? Object.values(value) : [value]) {
      total = count(within, item as Fields, max, total);
      if (total > max) return total;
    }
  }
  return total;
}

/** The field's own value, or that of its oneof where it is the one that is set. */
function setValue({ oneof, localName }: DescField, message: Fields): object | undefined {
  if (oneof === undefined) return message[localName] as object | undefined;
  const { case: chosen, value } = message[oneof.localName] as { readonly case?: string; readonly value?: object };
  return chosen === localName ? value : undefined;
}
