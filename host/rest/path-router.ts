import type { PathTemplate, PathVariable, Segment } from "./path-template.ts";

/** What a path leads to. */
export interface Found<T> {
  readonly value: T;
  /** The path's segments as they were sent, without the verb. */
  readonly segments: readonly string[];
}

/** A path that is served, but not by this HTTP method. */
export interface WrongMethod {
  /** The methods that are. */
  readonly allowed: readonly string[];
}

interface Node<T> {
  readonly literals: Map<string, Node<T>>;
  one?: Node<T>;
  rest?: Node<T>;
  /** What ends here, by verb and HTTP method. */
  readonly ends: Map<string, Map<string, T>>;
}

/** Stands for every HTTP method. */
const anyMethod = "*";

/**
 * Finds what is registered under path templates. Of several that match, the one with a literal counts before one with `*`,
 * and that before one with `**`, from the left; one with the path's verb before one that takes it for text.
 */
export class PathRouter<T> {
  readonly #root: Node<T> = createNode();
  readonly #verbs = new Set<string>();

  /**
   * Registers a value under a template for an HTTP method, or for each where it is `*`. Returns the value that is there
   * already for the same paths; then nothing is changed.
   */
  add(method: string, { segments, verb }: PathTemplate, value: T): T | undefined {
    let node = this.#root;
    for (const segment of segments) node = childOf(node, segment);
    const methods = node.ends.get(verb) ?? new Map<string, T>();
    const known = methods.get(method);
    if (known !== undefined) return known;
    node.ends.set(verb, methods.set(method, value));
    if (verb !== "") this.#verbs.add(verb);
    return undefined;
  }

  /** Finds what a path, without its query, leads to; undefined where no template matches. */
  find(method: string, path: string): Found<T> | WrongMethod | undefined {
    if (path.charCodeAt(0) !== 0x2f) return undefined;
    const segments = path.slice(1).split("/");
    const allowed = new Set<string>();
    const last = segments.length - 1;
    const text = segments[last] ?? "";
    const colon = text.lastIndexOf(":");
    if (colon >= 0) {
      const verb = decoded(text.slice(colon + 1));
      if (this.#verbs.has(verb)) {
        const before = segments.with(last, text.slice(0, colon));
        const value = walk(this.#root, before, 0, { method, verb, allowed });
        if (value !== undefined) return { value, segments: before };
      }
    }
    const value = walk(this.#root, segments, 0, { method, verb: "", allowed });
    if (value !== undefined) return { value, segments };
    return allowed.size > 0 ? { allowed: [...allowed] } : undefined;
  }

  /** Tells whether a template begins with the same literal as a path does. */
  mayServe(path: string): boolean {
    const end = path.indexOf("/", 1);
    return this.#root.literals.has(path.slice(1, end < 0 ? undefined : end));
  }
}

/** The text of a variable of a path. Throws a `URIError` where its percent-encoding is broken. */
export function variableText({ from, to, spans }: PathVariable, segments: readonly string[]): string {
  if (!spans) return decodeURIComponent(segments[from] ?? "");
  const parts = segments.slice(from, to);
  // A slash within a segment's name would be taken for one between two.
  return parts
    .map(part =>
      part
        .split(/(%2[Ff])/)
        .map((text, i) => (i % 2 ? text : decodeURIComponent(text)))
        .join(""),
    )
    .join("/");
}

function createNode<T>(): Node<T> {
  return { literals: new Map(), ends: new Map() };
}

function childOf<T>(node: Node<T>, segment: Segment): Node<T> {
  if (segment.kind !== "literal") {
    node[segment.kind] ??= createNode();
    return node[segment.kind] as Node<T>;
  }
  const child = node.literals.get(segment.text) ?? createNode<T>();
  node.literals.set(segment.text, child);
  return child;
}

interface Search {
  readonly method: string;
  readonly verb: string;
  /** Gathers the methods of what matches the path alone. */
  readonly allowed: Set<string>;
}

function walk<T>(node: Node<T>, segments: readonly string[], at: number, search: Search): T | undefined {
  const text = segments[at];
  if (text === undefined) return endOf(node, search) ?? (node.rest && endOf(node.rest, search));
  const literal = node.literals.get(text.includes("%") ? decoded(text) : text);
  const found = literal && walk(literal, segments, at + 1, search);
  if (found !== undefined) return found;
  const byOne = node.one && text !== "" ? walk(node.one, segments, at + 1, search) : undefined;
  return byOne ?? (node.rest && endOf(node.rest, search));
}

function endOf<T>({ ends }: Node<T>, { method, verb, allowed }: Search): T | undefined {
  const methods = ends.get(verb);
  const found = methods?.get(method) ?? methods?.get(anyMethod);
  if (found === undefined) for (const other of methods?.keys() ?? []) allowed.add(other);
  return found;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
