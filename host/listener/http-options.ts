import type { ServerOptions as Http1Options } from "node:http";
import type { ServerOptions as Http2Options } from "node:http2";
import type { ListenerLimits } from "./limits.ts";

/** Bytes of a request's headers, RFC 9113 section 6.5.2; Node's own default for HTTP/1.1, stated so that it cannot move. */
export const maxHeaderBytes = 16_384;

/** Header fields of an HTTP/2 request. Node's default of 128 lets a small HPACK block unfold to megabytes. */
const maxHeaderListPairs = 64;

/** Megabytes an HTTP/2 session may hold, HPACK state and queued frames included. Node's default is 10. */
const maxSessionMemory = 4;

/**
 * Streams a client may reset at once, in times of what it may have open: by default nghttp2's own 1,000. Whoever resets
 * more is sent GOAWAY (CVE-2023-44487). All the watchers behind a proxy may leave together, come back and leave again.
 */
const streamResetBurst = 10;

/** Streams a client may reset a second in the long run: a proxy passes on what all its clients cancel. */
const streamResetRate = 100;

/** Milliseconds between looks at the timeouts of HTTP/1.1 headers; Node's default of 30 s is twice the timeout itself. */
const maxCheckInterval = 5000;

/** Node's options for an HTTP/1.1 server within the limits. */
export function http1Options({ headersTimeoutMs, idleTimeoutMs }: ListenerLimits): Http1Options {
  return {
    headersTimeout: headersTimeoutMs,
    // Bodies have a timer of their own, which knows the methods whose messages may take their time.
    requestTimeout: 0,
    keepAliveTimeout: idleTimeoutMs,
    connectionsCheckingInterval: Math.min(maxCheckInterval, headersTimeoutMs),
    maxHeaderSize: maxHeaderBytes,
  };
}

/** Node's options for an HTTP/2 server within the limits. */
export function http2Options({ maxStreamsPerConnection }: ListenerLimits): Http2Options {
  return {
    maxSessionMemory,
    maxHeaderListPairs,
    streamResetBurst: streamResetBurst * maxStreamsPerConnection,
    streamResetRate,
    settings: { maxConcurrentStreams: maxStreamsPerConnection, maxHeaderListSize: maxHeaderBytes, enablePush: false },
  };
}
