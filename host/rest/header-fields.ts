import { type DescField, type DescMessage, getOption, ScalarType } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { request_id_field } from "../../gen/concierge/policy/v1/policy_pb.ts";
import type { Fields } from "../../protocol/metadata.ts";
import type { HeaderField } from "./binder.ts";
import { etagField, parseEntityTags } from "./etags.ts";
import { fieldOf } from "./fields.ts";
import type { RestBinding } from "./http-rule.ts";
import { HttpError } from "./rest-error.ts";

/** Reads the headers that give fields of a request. Throws 400. */
export type ReadHeaderFields = (headers: Fields) => readonly HeaderField[];

const none: readonly HeaderField[] = [];

/**
 * Makes what reads `If-Match` (RFC 9110 section 13.1.1) and `Idempotency-Key`
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/) of the requests that change something. One
 * that the contract has no field for is refused: who sends it counts on it. Reads have neither.
 */
export function createHeaderFields({ method, httpMethod, body }: RestBinding): ReadHeaderFields {
  if (httpMethod === "GET") return () => none;
  const etag = etagPath(method.input, body);
  const requestId = stringField(method.input, getOption(method, request_id_field) || "request_id");

  return headers => {
    const match = headers["if-match"];
    const key = headers["idempotency-key"];
    if (headers["if-none-match"] !== undefined) throw refused("if-none-match", "belongs to a read");
    if (match === undefined && key === undefined) return none;
    const fields: HeaderField[] = [];
    if (match !== undefined) {
      if (etag === undefined) throw refused("if-match", "has no meaning here: the request has no etag");
      const value = matchValue(String(match));
      if (value !== undefined) fields.push({ fields: etag, value, header: "if-match" });
    }
    if (key !== undefined) {
      if (requestId === undefined)
        throw refused("idempotency-key", "has no meaning here: the request has no request_id");
      fields.push({ fields: [requestId], value: keyValue(String(key)), header: "idempotency-key" });
    }
    return fields;
  };
}

/** The request's own etag, or that of the resource that is its body. */
function etagPath(input: DescMessage, body: RestBinding["body"]): readonly DescField[] | undefined {
  const own = etagField(input);
  if (own) return [own];
  if (!(body instanceof Object) || body.fieldKind !== "message") return undefined;
  const inner = etagField(body.message);
  return inner && [body, inner];
}

function stringField(message: DescMessage, name: string): DescField | undefined {
  const field = fieldOf(message, name);
  return field?.fieldKind === "scalar" && field.scalar === ScalarType.STRING ? field : undefined;
}

/** The one etag that a contract can compare with; undefined for `*`, which what is to be changed always matches. */
function matchValue(header: string): string | undefined {
  const values = parseEntityTags(header, "if-match");
  if (values === "*") return undefined;
  const [value] = values;
  if (value === undefined || values.length > 1) throw refused("if-match", "must be one entity tag, or *");
  return value;
}

/** A string as structured fields have it (RFC 9651 section 3.3.3), or bare, as many send it. */
function keyValue(header: string): string {
  const text = header.trim();
  const value = /^"(.*)"$/.exec(text)?.[1] ?? text;
  if (value === "") throw refused("idempotency-key", "must not be empty");
  return value;
}

function refused(header: string, why: string): HttpError {
  return new HttpError(400, `${header} ${why}`, Code.InvalidArgument);
}
