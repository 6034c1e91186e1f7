import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";

/** What a single value is, as far as it is edited differently. */
export type Control =
  | { readonly kind: "text" }
  | { readonly kind: "bool" }
  | { readonly kind: "integer"; readonly min: bigint; readonly max: bigint; readonly long: boolean }
  | { readonly kind: "float"; readonly double: boolean }
  | { readonly kind: "bytes" }
  | { readonly kind: "enum"; readonly desc: DescEnum }
  | { readonly kind: "timestamp" }
  | { readonly kind: "duration" }
  | { readonly kind: "mask" }
  /** A message of any type (google.protobuf.Any). */
  | { readonly kind: "any" }
  /** Struct, Value and ListValue: JSON as it is. */
  | { readonly kind: "json"; readonly zero: "{}" | "[]" | "null" }
  | { readonly kind: "message"; readonly desc: DescMessage };

/** How a field is edited. */
export interface Shape {
  readonly many: "one" | "list" | "map";
  /** Of the field, of a list's elements, of a map's values. */
  readonly control: Control;
  /** Of a map's keys. */
  readonly key: Control | undefined;
  /** Whether an unset value is another one than the zero value. */
  readonly presence: boolean;
}

const text: Control = { kind: "text" };

function integer(bits: 32 | 64, signed: boolean): Control {
  const span = 2n ** BigInt(signed ? bits - 1 : bits);
  return { kind: "integer", min: signed ? -span : 0n, max: span - 1n, long: bits === 64 };
}

const scalars: Readonly<Record<ScalarType, Control>> = {
  [ScalarType.STRING]: text,
  [ScalarType.BOOL]: { kind: "bool" },
  [ScalarType.BYTES]: { kind: "bytes" },
  [ScalarType.DOUBLE]: { kind: "float", double: true },
  [ScalarType.FLOAT]: { kind: "float", double: false },
  [ScalarType.INT32]: integer(32, true),
  [ScalarType.SINT32]: integer(32, true),
  [ScalarType.SFIXED32]: integer(32, true),
  [ScalarType.UINT32]: integer(32, false),
  [ScalarType.FIXED32]: integer(32, false),
  [ScalarType.INT64]: integer(64, true),
  [ScalarType.SINT64]: integer(64, true),
  [ScalarType.SFIXED64]: integer(64, true),
  [ScalarType.UINT64]: integer(64, false),
  [ScalarType.FIXED64]: integer(64, false),
};

/** Messages that Protobuf JSON writes otherwise: https://protobuf.dev/programming-guides/json/ */
const wellKnown: Readonly<Record<string, Control>> = {
  "google.protobuf.Timestamp": { kind: "timestamp" },
  "google.protobuf.Duration": { kind: "duration" },
  "google.protobuf.FieldMask": { kind: "mask" },
  "google.protobuf.Any": { kind: "any" },
  "google.protobuf.Struct": { kind: "json", zero: "{}" },
  "google.protobuf.Value": { kind: "json", zero: "null" },
  "google.protobuf.ListValue": { kind: "json", zero: "[]" },
  "google.protobuf.StringValue": text,
  "google.protobuf.BytesValue": scalars[ScalarType.BYTES],
  "google.protobuf.BoolValue": scalars[ScalarType.BOOL],
  "google.protobuf.DoubleValue": scalars[ScalarType.DOUBLE],
  "google.protobuf.FloatValue": scalars[ScalarType.FLOAT],
  "google.protobuf.Int32Value": scalars[ScalarType.INT32],
  "google.protobuf.UInt32Value": scalars[ScalarType.UINT32],
  "google.protobuf.Int64Value": scalars[ScalarType.INT64],
  "google.protobuf.UInt64Value": scalars[ScalarType.UINT64],
};

/** What a message is edited as. */
export function controlOfMessage(desc: DescMessage): Control {
  return wellKnown[desc.typeName] ?? { kind: "message", desc };
}

/** How a field is edited. */
export function shapeOf(field: DescField): Shape {
  const base = { many: "one", key: undefined, presence: false } as const;
  switch (field.fieldKind) {
    case "scalar":
      return { ...base, control: scalars[field.scalar], presence: hasPresence(field) };
    case "enum":
      return { ...base, control: { kind: "enum", desc: field.enum }, presence: hasPresence(field) };
    case "message":
      return { ...base, control: controlOfMessage(field.message), presence: true };
    case "list":
      return { ...base, many: "list", control: elementOf(field) };
    case "map":
      return { ...base, many: "map", control: elementOf(field), key: scalars[field.mapKey] };
  }
}

function elementOf(field: DescField & { fieldKind: "list" | "map" }): Control {
  const kind = field.fieldKind === "list" ? field.listKind : field.mapKind;
  if (kind === "scalar") return scalars[field.scalar as ScalarType];
  return kind === "enum"
    ? { kind: "enum", desc: field.enum as DescEnum }
    : controlOfMessage(field.message as DescMessage);
}

/** A member of a oneof has presence, and so has what is `optional`. */
function hasPresence({ presence }: DescField): boolean {
  // FeatureSet.FieldPresence.IMPLICIT is 2.
  return presence !== 2;
}
