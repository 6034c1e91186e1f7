import { staticEntries, staticNames, staticValues } from "./static-table.ts";

/**
 * Fields that are never indexed, and tell proxies on the way not to index them either: who can have values encoded beside
 * them could guess them octet by octet (RFC 7541 section 7.1).
 */
const neverIndexed = ["authorization", "proxy-authorization", "cookie", "set-cookie"];

/** Names without a place in the static table whose value changes with each message, so that the name alone is indexed. */
const changingNames = ["grpc-timeout", "connect-timeout-ms", "traceparent", "tracestate", "x-request-id"];

/** How many names get an entry for their own sake; {@link KnownName.id} is below it. */
export const changingNameCount = changingNames.length;

/** What an encoder has to know of a name. */
export interface KnownName {
  readonly name: string;
  /** The lowest index of the name in the static table; 0 if it is not there. */
  readonly index: number;
  readonly neverIndexed: boolean;
  /** The values that stand beside the name in the static table, in order from `index`; most names have none. */
  readonly values: readonly string[];
  /** The number of a name that changes with each message; -1 for others. */
  readonly id: number;
}

const names = new Map<string, KnownName>();

for (let index = 1; index <= staticEntries; index++) {
  const name = staticNames[index] as string;
  const values = [...(names.get(name)?.values ?? []), staticValues[index] as string].filter(value => value !== "");
  const lowest = names.get(name)?.index ?? index;
  names.set(name, { name, index: lowest, neverIndexed: neverIndexed.includes(name), values, id: -1 });
}
for (const [id, name] of changingNames.entries()) {
  names.set(name, { name, index: 0, neverIndexed: false, values: [], id });
}

/** What is known of a name; undefined for one that is in no table. */
export function knownName(name: string): KnownName | undefined {
  return names.get(name);
}

/** The index of a field in the static table, name and value; 0 if it is not there. */
export function staticIndex({ index, values }: KnownName, value: string): number {
  if (values.length === 0) return 0;
  const place = values.indexOf(value);
  return place < 0 ? 0 : index + place;
}
