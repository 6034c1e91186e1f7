import { Code, ConnectError } from "@connectrpc/connect";
import { errorToJson } from "./connect-internals.ts";

/**
 * The most an error's text may take, in bytes of UTF-8. It travels in a header, where tripled by percent-encoding a long
 * one would break the whole connection.
 */
export const maxErrorTextBytes = 1024;

/**
 * Details of an error that are larger together are left out: a header block that HTTP/2 cannot carry would break the
 * connection, not just the call. In Connect the bound holds for their JSON.
 */
export const maxDetailsBytes = 32 * 1024;

/** An error fit for the client: anything that is not a `ConnectError` is INTERNAL `internal error`, with the original as cause. */
export function toConnectError(reason: unknown): ConnectError {
  if (reason instanceof ConnectError) return reason;
  return new ConnectError("internal error", Code.Internal, undefined, undefined, reason);
}

const clientFaults = new WeakSet<ConnectError>();

/** An error that a client's bytes are to blame for, whatever code the protocols give it: no alarm for operators. */
export function clientFault(text: string, code: Code): ConnectError {
  const error = new ConnectError(text, code);
  clientFaults.add(error);
  return error;
}

/** Whether an error was made by {@link clientFault}. */
export function isClientFault(error: ConnectError): boolean {
  return clientFaults.has(error);
}

/** The error's text: well-formed Unicode, at most `maxErrorTextBytes`. */
export function errorText(error: ConnectError): string {
  const text = error.rawMessage.slice(0, maxErrorTextBytes).toWellFormed();
  const bytes = Buffer.from(text);
  if (bytes.length <= maxErrorTextBytes) return text;
  let end = maxErrorTextBytes;
  // Back to the first byte of the character that would be cut.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
}

/** https://connectrpc.com/docs/protocol#error-end-stream: `{code, message, details}`. */
export function connectErrorJson(error: ConnectError): Record<string, unknown> {
  const json = errorToJson(error, undefined) as Record<string, unknown>;
  if (error.rawMessage !== "") json.message = errorText(error);
  if (JSON.stringify(json.details ?? "").length > maxDetailsBytes) delete json.details;
  return json;
}
