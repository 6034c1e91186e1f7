import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { fieldOf } from "./fields.ts";
import { HttpError } from "./rest-error.ts";

/** The field of a resource that says which state of it this is (AIP-154). */
export function etagField(message: DescMessage | undefined): DescField | undefined {
  const field = message && fieldOf(message, "etag");
  return field?.fieldKind === "scalar" && field.scalar === ScalarType.STRING ? field : undefined;
}

/** Values that are written as they are, as those of base64 are. */
const plainTag = /^[!#$&-~]*$/;

/** An entity tag with the field's value (RFC 9110 section 8.8.3); what has no place in one is percent-encoded. */
export function toEntityTag(value: string): string {
  if (plainTag.test(value)) return `"${value}"`;
  return `"${value.toWellFormed().replace(/[^!#$&-~]/gu, encodeURIComponent)}"`;
}

const entityTags = /\s*(?:W\/)?"([^"]*)"\s*(?:,|$)/y;

/**
 * The values of the tags in `If-Match` or `If-None-Match`, `*` for any. A weak tag counts as a strong one: the contract's
 * etag is of the resource, whatever the bytes that show it. Throws 400 where the header is not well-formed.
 */
export function parseEntityTags(header: string, name: string): readonly string[] | "*" {
  if (header.trim() === "*") return "*";
  const values: string[] = [];
  entityTags.lastIndex = 0;
  while (entityTags.lastIndex < header.length) {
    const value = entityTags.exec(header)?.[1];
    if (value === undefined) throw malformed(name);
    try {
      values.push(decodeURIComponent(value));
    } catch {
      throw malformed(name);
    }
  }
  return values;
}

function malformed(name: string): HttpError {
  return new HttpError(
    400,
    `${name} is no list of entity tags, such as "abc", each in double quotes`,
    Code.InvalidArgument,
  );
}
