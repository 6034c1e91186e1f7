/**
 * A path template, as google.api.http writes it:
 *
 *     Template = "/" Segments [ ":" LITERAL ] ;
 *     Segments = Segment { "/" Segment } ;
 *     Segment  = "*" | "**" | LITERAL | "{" FieldPath [ "=" Segments ] "}" ;
 *
 * https://github.com/googleapis/googleapis/blob/master/google/api/http.proto, "Path template syntax"
 */
export interface PathTemplate {
  /** As it was written. */
  readonly text: string;
  /** A literal, `*` for one segment of any text, or `**` for any number of them, none included; that one is last. */
  readonly segments: readonly Segment[];
  /** What follows the last colon; empty for none. */
  readonly verb: string;
  readonly variables: readonly PathVariable[];
}

/** What one segment of a path must be. */
export type Segment = { readonly kind: "literal"; readonly text: string } | { readonly kind: "one" | "rest" };

/** The segments of a path that are the value of a field. */
export interface PathVariable {
  /** Names of fields, from the request's message down, joined by dots. */
  readonly fieldPath: string;
  /** The index of its first segment. */
  readonly from: number;
  /** The index behind its last segment; undefined where it goes on to the end of the path. */
  readonly to: number | undefined;
  /** It is more than a `*`: `%2F` in it is no part of a segment's name, and stays as it is. */
  readonly spans: boolean;
}

/** A template that is not well-formed; the message says where. */
export class PathTemplateError extends Error {
  override readonly name = "PathTemplateError";
}

const fieldPathPattern = /[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*/y;
/** RFC 3986 section 3.3, `pchar`, but for what has a meaning of its own here. */
const literalPattern = /(?:[\w\-.~!$&'()+,;=:@]|%[0-9A-Fa-f]{2})+/y;

/** Reads a template. Throws {@link PathTemplateError}. */
export function parsePathTemplate(text: string): PathTemplate {
  return new TemplateParser(text).parse();
}

class TemplateParser {
  readonly #text: string;
  readonly #segments: Segment[] = [];
  readonly #variables: PathVariable[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): PathTemplate {
    this.#expect("/");
    this.#parseSegments(false);
    const verb = this.#parseVerb();
    if (this.#at < this.#text.length) throw this.#unexpected();
    const rest = this.#segments.findIndex(({ kind }) => kind === "rest");
    if (rest >= 0 && rest < this.#segments.length - 1) throw this.#error('"**" must be the last segment');
    return { text: this.#text, segments: this.#segments, verb, variables: this.#variables };
  }

  #parseSegments(inVariable: boolean): void {
    do this.#parseSegment(inVariable);
    while (this.#take("/"));
  }

  #parseSegment(inVariable: boolean): void {
    if (this.#take("**")) this.#segments.push({ kind: "rest" });
    else if (this.#take("*")) this.#segments.push({ kind: "one" });
    else if (this.#take("{")) {
      if (inVariable) throw this.#error("a variable cannot hold another one");
      this.#parseVariable();
    } else this.#segments.push({ kind: "literal", text: this.#parseLiteral() });
  }

  #parseVariable(): void {
    const fieldPath = this.#match(fieldPathPattern);
    if (fieldPath === undefined) throw this.#unexpected("the name of a field");
    const from = this.#segments.length;
    if (this.#take("=")) this.#parseSegments(true);
    else this.#segments.push({ kind: "one" });
    this.#expect("}");
    const own = this.#segments.slice(from);
    const openEnded = own.some(({ kind }) => kind === "rest");
    const spans = openEnded || own.length > 1;
    this.#variables.push({ fieldPath, from, to: openEnded ? undefined : this.#segments.length, spans });
  }

  /** A literal may hold colons; the last one of the template's last segment begins the verb. */
  #parseLiteral(): string {
    const start = this.#at;
    const literal = this.#match(literalPattern);
    if (literal === undefined) throw this.#unexpected("a segment");
    const colon = literal.lastIndexOf(":");
    if (this.#at < this.#text.length || colon < 0) return decodeLiteral(literal);
    if (colon === 0) throw this.#error("a verb needs a segment before it");
    this.#at = start + colon;
    return decodeLiteral(literal.slice(0, colon));
  }

  #parseVerb(): string {
    if (!this.#take(":")) return "";
    const verb = this.#match(literalPattern);
    if (verb === undefined || verb.includes(":")) throw this.#unexpected("a verb");
    return decodeLiteral(verb);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #take(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw this.#unexpected(`"${token}"`);
  }

  #unexpected(wanted = "the end"): PathTemplateError {
    const found = this.#text[this.#at];
    return this.#error(`${found === undefined ? "the end" : `"${found}"`} stands where ${wanted} belongs`);
  }

  #error(text: string): PathTemplateError {
    return new PathTemplateError(`path "${this.#text}", character ${this.#at + 1}: ${text}`);
  }
}

function decodeLiteral(literal: string): string {
  try {
    return decodeURIComponent(literal);
  } catch {
    throw new PathTemplateError(`"${literal}" is not UTF-8 in percent-encoding`);
  }
}
