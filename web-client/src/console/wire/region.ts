/** What a run of bytes is. */
export type RegionKind =
  /** An envelope's first byte, and the four after it. */
  | "flags"
  | "envelope-length"
  /** Number and wire type of a Protobuf field, and how long its value is. */
  | "tag"
  | "length"
  | "value"
  /** Text of a protocol: JSON, or the fields of a trailer. */
  | "text"
  /** What no contract explains. */
  | "unknown"
  /** What follows a fault, or what is too much to look at. */
  | "rest";

/** A run of bytes with its meaning. Regions of a message follow one another, without gaps, and do not overlap. */
export interface Region {
  readonly kind: RegionKind;
  /** In the bytes that were decoded; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
  /** What it is, in a few words. */
  readonly label: string;
  /** What it says. */
  readonly value: string;
  /** Where its value stands in the message's JSON (see {@link joinPath}); undefined where it stands nowhere. */
  readonly path: string | undefined;
}

/** The path of a member or an element: `users[0].name`, `labels["a b"]`; the whole message is "". */
export function joinPath(parent: string, key: string | number): string {
  if (typeof key === "number") return `${parent}[${key}]`;
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${parent}[${JSON.stringify(key)}]`;
  return parent === "" ? key : `${parent}.${key}`;
}

/** Whether a path is another one, or within it. */
export function isWithin(path: string, outer: string): boolean {
  return path === outer || outer === "" || (path.startsWith(outer) && ".[".includes(path.charAt(outer.length)));
}

/** The path of what holds this one; undefined for the whole message. */
export function parentPath(path: string): string | undefined {
  if (path === "") return undefined;
  const quoted = /\["(?:[^"\\]|\\.)*"\]$/.exec(path);
  const at = quoted ? quoted.index : Math.max(path.lastIndexOf("."), path.lastIndexOf("["), 0);
  return path.slice(0, at);
}

/**
 * Of `paths`, those that a path lights up: itself and all within it, else the nearest that holds it. Some values have parts in
 * the one form that they have not in the other: a time is one text in JSON and two fields in Protobuf.
 */
export function litPaths(path: string, paths: ReadonlySet<string>): ReadonlySet<string> {
  for (let at: string | undefined = path; at !== undefined && at !== ""; at = parentPath(at)) {
    const outer = at;
    const lit = [...paths].filter(each => isWithin(each, outer));
    if (lit.length > 0) return new Set(lit);
  }
  return new Set();
}
