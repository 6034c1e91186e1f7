/**
 * The one place that reaches below the public surface of Connect: these exports follow no semantic versioning, which is
 * why Connect is pinned to an exact version.
 */
export { mergeNonProtocolHeaders } from "@connectrpc/connect/protocol";
export { codeToHttpStatus, errorToJson } from "@connectrpc/connect/protocol-connect";
