import { create, type JsonValue, toJson } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { type Code, ConnectError } from "@connectrpc/connect";
import { codeToHttpStatus } from "../../protocol/connect-internals.ts";
import { errorText } from "../../protocol/wire-error.ts";
import { codeName } from "../interceptors/call-end.ts";

/** An error that HTTP has a status of its own for. */
export class HttpError extends ConnectError {
  readonly status: number;

  /** `headers` are what the status asks for, such as `Allow`. */
  constructor(status: number, message: string, code: Code, headers?: Readonly<Record<string, string>>) {
    super(message, code, headers);
    this.status = status;
  }

  /** Connect's own takes every error of its kind for one of each class below it. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return Object.prototype.isPrototypeOf.call(HttpError.prototype, value as object);
  }
}

/** The HTTP status of an error: its own, or that of its code (`google/rpc/code.proto`). */
export function statusOf(error: ConnectError): number {
  return error instanceof HttpError ? error.status : codeToHttpStatus(error.code);
}

/** An error as https://google.aip.dev/193 has it, its details in readable JSON. */
export function errorJson(error: ConnectError, status = statusOf(error)): JsonValue {
  const details = error.details.map(detailJson);
  const json = { code: status, status: codeName(error.code), message: errorText(error) };
  return { error: details.length > 0 ? { ...json, details } : json };
}

/** A detail as `google.protobuf.Any` has it in JSON; one of a type that is not known here keeps its bytes in base64. */
function detailJson(detail: ConnectError["details"][number]): JsonValue {
  if (!("desc" in detail)) {
    return { "@type": `type.googleapis.com/${detail.type}`, value: base64Encode(detail.value, "std_raw") };
  }
  const { desc, value } = detail;
  const json = toJson(desc, create(desc, value));
  const type = { "@type": `type.googleapis.com/${desc.typeName}` };
  return typeof json === "object" && json !== null && !Array.isArray(json)
    ? { ...type, ...json }
    : { ...type, value: json };
}
