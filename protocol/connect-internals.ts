/**
 * The one place that reaches below the public surface of Connect: these exports follow no semantic versioning, which is
 * why Connect is pinned to an exact version.
 */
export {
  createMethodSerializationLookup,
  createMethodUrl,
  getAbortSignalReason,
  mergeNonProtocolHeaders,
} from "@connectrpc/connect/protocol";
export {
  codeToHttpStatus,
  endStreamFromJson,
  errorFromJsonBytes,
  errorToJson,
  trailerDemux,
  transformConnectPostToGetRequest,
  validateResponse as validateConnectResponse,
} from "@connectrpc/connect/protocol-connect";
export { codeFromHttpStatus, findTrailerError } from "@connectrpc/connect/protocol-grpc";
export { trailerParse } from "@connectrpc/connect/protocol-grpc-web";
