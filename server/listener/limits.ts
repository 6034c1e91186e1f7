/** Bounds on connections, before any request is understood. */
export interface ListenerLimits {
  /** Concurrent HTTP/2 streams a connection may open. */
  readonly maxStreamsPerConnection: number;
  /** Open connections on each bound address; one more is closed at once. */
  readonly maxConnections: number;
  /** Milliseconds from connecting until the first bytes tell the protocol. */
  readonly sniffTimeoutMs: number;
  /** Milliseconds an HTTP/1.1 request's headers may take. */
  readonly headersTimeoutMs: number;
}

/** As many as most gRPC servers allow; RFC 9113 section 6.5.2 advises no fewer than 100. */
const maxStreamsPerConnection = 100;

/** A process may usually open 65,536 files; this leaves room for all else, at about 50 KB of memory each. */
const maxConnections = 10_000;

/** A client that has something to say sends it with or right after its handshake, over the slowest link. */
const sniffTimeoutMs = 10_000;

/** Long enough for a large token over a slow link, short enough to starve a slow-header attack. */
const headersTimeoutMs = 15_000;

export const defaultLimits: ListenerLimits = Object.freeze({
  maxStreamsPerConnection,
  maxConnections,
  sniffTimeoutMs,
  headersTimeoutMs,
});

/** Request headers an HTTP/2 stream may carry. Node's default of 128 lets a small HPACK block unfold to megabytes. */
export const maxHeaderListPairs = 64;

/** Megabytes an HTTP/2 session may hold, HPACK state and queued frames included. Node's default is 10. */
export const maxSessionMemory = 4;

/** Bytes of an HTTP/1.1 request's headers; Node's own default, stated so that it cannot move under us. */
export const maxHeaderBytes = 16_384;
