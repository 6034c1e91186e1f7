import type { JsonValue } from "@bufbuild/protobuf";

/** The ways to make a call. `grpc` goes through the server's relay: no browser speaks it. */
export type Protocol = "connect-json" | "connect-proto" | "grpc-web" | "rest" | "grpc";

/** In the order in which they are offered. */
export const protocolNames: Readonly<Record<Protocol, string>> = {
  "connect-json": "Connect JSON",
  "connect-proto": "Connect",
  "grpc-web": "gRPC-Web",
  rest: "REST",
  grpc: "gRPC",
};

/** Header fields in their order; names in lower case. */
export type Headers = readonly (readonly [name: string, value: string])[];

/** How a message's payload is encoded. */
export type Encoding = "json" | "proto";

/** What a message of either direction is on the wire. */
interface MessageEvent {
  /** Milliseconds since the call's start. */
  readonly atMs: number;
  /** Counts from 0, each direction by itself. */
  readonly index: number;
  /** As they were on the wire: with the envelope's five bytes where the protocol has envelopes. */
  readonly bytes: Uint8Array;
  /** Where the payload begins in `bytes`: 5 after an envelope's prefix, else 0. */
  readonly payloadAt: number;
  readonly encoding: Encoding;
}

/** A message of the request was handed to the network. */
export interface Sent extends MessageEvent {
  readonly kind: "sent";
}

/** A message of the reply has arrived. */
export interface Received extends MessageEvent {
  readonly kind: "received";
}

/** The client has sent all that it will send. */
export interface HalfClosed {
  readonly kind: "half-closed";
  readonly atMs: number;
}

/** Status and headers of the reply. */
export interface ReplyHead {
  readonly kind: "head";
  readonly atMs: number;
  readonly status: number;
  readonly headers: Headers;
}

/** What came after the messages: HTTP trailers (gRPC), a trailer frame (gRPC-Web), or an end of stream (Connect). */
export interface Trailers {
  readonly kind: "trailers";
  readonly atMs: number;
  readonly fields: Headers;
  /** The frame they came in, with its envelope; empty where they were HTTP trailers or a Connect unary reply's headers. */
  readonly bytes: Uint8Array;
}

/** A detail of an error (google.rpc.Status.details). */
export interface ErrorDetail {
  /** Full name without a URL: `google.rpc.BadRequest`. */
  readonly type: string;
  readonly value: Uint8Array;
  /** In Protobuf JSON, where the type is known. */
  readonly json: JsonValue | undefined;
}

/** The call is over. */
export interface End {
  readonly kind: "end";
  readonly atMs: number;
  /** `ok`, or a status code's name as Connect writes it: `invalid_argument`. */
  readonly code: string;
  readonly message: string;
  readonly details: readonly ErrorDetail[];
}

/** What happens in a call, in the order of `atMs`. */
export type CallEvent = Sent | HalfClosed | ReplyHead | Received | Trailers | End;

/** As many events as a call's record keeps. */
export const keptEvents = 10_000;

/** A call and what has come of it. */
export interface CallRecord {
  /** Distinct within this page. */
  readonly id: number;
  readonly protocol: Protocol;
  /** As `Method.path`: `greeter.Greeter/SayHello`. */
  readonly method: string;
  /** When it began, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly httpMethod: string;
  /** Path and query. */
  readonly target: string;
  /** As they were asked for, without authorization; a browser adds its own. */
  readonly requestHeaders: Headers;
  /** The request's messages in Protobuf JSON, as they were sent; grows while a stream is open. */
  readonly requests: readonly JsonValue[];
  readonly deadlineMs: number | undefined;
  /** The newest {@link keptEvents} and up to a tenth more; grows while the call runs. */
  readonly events: readonly CallEvent[];
  /** How many older events were dropped. */
  readonly dropped: number;
  /** Messages of each direction, dropped ones among them. */
  readonly sentCount: number;
  readonly receivedCount: number;
  /** Bytes of all messages of each direction, with their envelopes. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Kept apart from the events, which may drop it. */
  readonly head: ReplyHead | undefined;
  readonly trailers: Trailers | undefined;
  /** Set once the call is over. */
  readonly end: End | undefined;
}
