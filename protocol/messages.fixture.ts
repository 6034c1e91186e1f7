import { create, type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";

const texts = ["", "a", "Grüße, Ada", "💡", "x".repeat(63), "é".repeat(64), "x".repeat(300)];
const numbers: Readonly<Partial<Record<ScalarType, readonly unknown[]>>> = {
  [ScalarType.STRING]: texts,
  [ScalarType.BYTES]: [new Uint8Array(0), new Uint8Array([0, 255]), new Uint8Array(200).fill(7)],
  [ScalarType.BOOL]: [false, true],
  [ScalarType.INT32]: [0, 1, -1, 127, 128, 2 ** 31 - 1, -(2 ** 31)],
  [ScalarType.UINT32]: [0, 1, 127, 128, 2 ** 28, 2 ** 32 - 1],
  [ScalarType.INT64]: [0n, 1n, -1n, 2n ** 31n, 2n ** 32n + 5n, 2n ** 63n - 1n, -(2n ** 63n)],
  [ScalarType.UINT64]: [0n, 127n, 128n, 2n ** 35n, 2n ** 64n - 1n],
  [ScalarType.DOUBLE]: [0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY],
};

/** Numbers below `below`, the same in each run. */
export function createDice(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (Math.imul(state, 48_271) >>> 0) % 2_147_483_647 || 1;
    return state % below;
  };
}

/** A message with some of its fields set. */
export function generate(schema: DescMessage, dice: (below: number) => number, depth = 0): Message {
  const message = create(schema);
  const seen = reflect(schema, message);
  function anyOf(field: DescField): unknown {
    if (field.message) return reflect(field.message, generate(field.message, dice, depth + 1));
    if (field.enum) return field.enum.values[dice(field.enum.values.length)]?.number;
    const values = numbers[field.scalar as ScalarType] ?? [];
    return values[dice(values.length)];
  }
  for (const field of schema.fields) {
    if (dice(3) === 0 || (field.message && depth > 2)) continue;
    if (field.fieldKind === "list") {
      const list = seen.get(field);
      for (let n = dice(4); n > 0; n--) list.add(anyOf(field));
    } else if (field.fieldKind !== "map") seen.set(field, anyOf(field) as never);
  }
  return message;
}
