/** What the clients for Node.js and for browsers have in common, for those who import them. */
export { Code, ConnectError } from "@connectrpc/connect";
export { type Event, Role, Start, type User } from "../gen/concierge/directory/v1/directory_pb.ts";
export type { Clients } from "./clients.ts";
export type { Concierge } from "./concierge.ts";
export { createClient } from "./create-client.ts";
export { type ConciergeError, codeName, conciergeError, type FieldViolation } from "./errors.ts";
export {
  type HealedStreamOptions,
  healStream,
  judgeEnd,
  type StreamConnection,
  type StreamEnd,
  type Verdict,
} from "./healed-stream.ts";
export { addLayers, type BareTransport, type ManagedTransport } from "./layers.ts";
export type { ClientOptions, HeaderFields, LayerOptions } from "./options.ts";
export type { Protocol } from "./protocol.ts";
export type { RetryOptions } from "./retry/options.ts";
export { retry } from "./retry/retry.ts";
export type { TokenSource } from "./token.ts";
export type { ReadyOptions } from "./wait-for-ready.ts";
export type { WatchItem } from "./watch/items.ts";
export type { WatchCall, WatchConnection, WatchOptions } from "./watch/watch.ts";
