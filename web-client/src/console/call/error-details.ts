import { type DescMessage, fromBinary, type JsonValue, type Registry, toJson } from "@bufbuild/protobuf";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../../../../gen/google/rpc/error_details_pb.ts";
import type { ErrorDetail } from "./call-record.ts";

/** Those that a server may send without having them in its contracts. */
const ownTypes: readonly DescMessage[] = [BadRequestSchema, ErrorInfoSchema, RetryInfoSchema];

/** A detail, decoded where its type is known and its value is one of it. */
export function createDetail(type: string, value: Uint8Array, registry: Registry): ErrorDetail {
  const desc = registry.getMessage(type) ?? ownTypes.find(({ typeName }) => typeName === type);
  return { type, value, json: desc && decode(desc, value, registry) };
}

function decode(desc: DescMessage, value: Uint8Array, registry: Registry): JsonValue | undefined {
  try {
    return toJson(desc, fromBinary(desc, value), { registry });
  } catch {
    return undefined;
  }
}

/** The parts of details that are read, in Protobuf JSON; everything may be missing in what a stranger sends. */
interface FieldViolation {
  readonly field?: string;
  readonly description?: string;
}
interface PathElement {
  readonly fieldName?: string;
  readonly index?: string;
  readonly stringKey?: string;
  readonly intKey?: string;
  readonly uintKey?: string;
  readonly boolKey?: boolean;
}
interface Violation {
  readonly message?: string;
  readonly field?: { readonly elements?: readonly PathElement[] };
}

/** What is wrong with which field of the request, by its path: of google.rpc.BadRequest and buf.validate.Violations. */
export function fieldProblems(details: readonly ErrorDetail[]): Map<string, string> {
  const problems = new Map<string, string>();
  for (const { type, json } of details) {
    if (type === "google.rpc.BadRequest") {
      const { fieldViolations = [] } = (json ?? {}) as { fieldViolations?: readonly FieldViolation[] };
      for (const { field, description } of fieldViolations) problems.set(field ?? "", description ?? "is refused");
    } else if (type === "buf.validate.Violations") {
      const { violations = [] } = (json ?? {}) as { violations?: readonly Violation[] };
      for (const { field, message } of violations) problems.set(pathOf(field?.elements ?? []), message || "is refused");
    }
  }
  return problems;
}

/** `user.ids[3]`, `labels["a"]`. */
function pathOf(elements: readonly PathElement[]): string {
  return elements
    .map(({ fieldName = "", index, stringKey, intKey, uintKey, boolKey }, i) => {
      const key = stringKey ?? intKey ?? uintKey ?? boolKey;
      const subscript = index === undefined ? (key === undefined ? "" : JSON.stringify(String(key))) : index;
      return `${i > 0 ? "." : ""}${fieldName}${subscript === "" ? "" : `[${subscript}]`}`;
    })
    .join("");
}

/** After how many milliseconds a retry may help, as google.rpc.RetryInfo says; undefined where nothing does. */
export function retryDelayMs(details: readonly ErrorDetail[]): number | undefined {
  const info = details.find(({ type }) => type === "google.rpc.RetryInfo")?.json as { retryDelay?: string } | undefined;
  const seconds = Number(info?.retryDelay?.replace(/s$/, ""));
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}
