import { defaultUnsentLimits, type UnsentLimits } from "../lanes/unsent-replies.ts";

/** Bounds on connections and on how their requests arrive. Times are in milliseconds. */
export interface ListenerLimits extends UnsentLimits {
  /** Concurrent HTTP/2 streams a connection may open. */
  readonly maxStreamsPerConnection: number;
  /** Open connections, over all addresses. For one more an idle one is closed, or itself where none is idle. */
  readonly maxConnections: number;
  /** How many of them one network may have: an IPv4 address, the first 64 bits of an IPv6 address. As above for one more. */
  readonly maxConnectionsPerNetwork: number;
  /** From connecting until the TLS handshake, HTTP/2's preface and its SETTINGS, or HTTP/1.1's first bytes are there. */
  readonly handshakeTimeoutMs: number;
  /** What an HTTP/1.1 request's headers may take. */
  readonly headersTimeoutMs: number;
  /** What a request's body may take, unless its messages may come one by one for as long as its client likes. */
  readonly bodyTimeoutMs: number;
  /** How long a connection of either version stays open with no request on it. */
  readonly idleTimeoutMs: number;
  /** Between the PINGs an HTTP/2 client must answer. */
  readonly keepaliveIntervalMs: number;
  /** What the answer to a PING may take. */
  readonly keepaliveTimeoutMs: number;
  /** Age, give or take a tenth, at which a connection takes no more requests. */
  readonly maxConnectionAgeMs: number;
  /** What requests in flight get from then on until they are cut. */
  readonly connectionAgeGraceMs: number;
  /** How long a connection that takes no more requests is kept open for its client to notice. */
  readonly lingerMs: number;
  /** PING and SETTINGS frames a client may send in a minute in which it gets nothing but their answers. */
  readonly maxControlFrames: number;
  /** Requests of a connection in a minute that are refused for the number of their header fields. */
  readonly maxRefusedRequests: number;
}

/** As many as most gRPC servers allow; RFC 9113 section 6.5.2 advises no fewer than 100. */
const maxStreamsPerConnection = 100;

/** A process may usually open 65,536 files; this leaves room for all else, at about 50 KB of memory each. */
const maxConnections = 10_000;

/** A tenth: ten networks are to be held by whoever wants to leave no room to others. More than an office opens at a time. */
const maxConnectionsPerNetwork = 1000;

/** A handshake takes at most five round trips, and a client speaks right after it, over the slowest link too. */
const handshakeTimeoutMs = 10_000;

/** Long enough for a large token over a slow link, short enough to starve a slow-header attack. */
const headersTimeoutMs = 15_000;

/** 4 MiB, the largest message by default, get through at 300 kbit/s. */
const bodyTimeoutMs = 120_000;

/** Longer than the 60 s for which proxies and balancers keep idle connections: who closes first loses no request. */
const idleTimeoutMs = 300_000;

/** A peer that is gone is found, and so is one that stopped within a frame, at a cost of 170 PINGs a second for 10,000. */
const keepaliveIntervalMs = 60_000;

/** gRPC's own, https://grpc.io/docs/guides/keepalive/: a live peer answers sooner even behind a full send buffer. */
const keepaliveTimeoutMs = 20_000;

/** Half an hour: long enough to cost nothing, short enough that clients come to new replicas by themselves. */
const maxConnectionAgeMs = 1_800_000;

/** Streams that end by themselves do so within minutes; a watch is cut and taken up again on a new connection. */
const connectionAgeGraceMs = 300_000;

/** A few round trips over the slowest link: GOAWAY reaches the client before its connection closes. */
const lingerMs = 1000;

/** Ten times what an impatient client's keepalive sends; probes of a download's bandwidth come with data and are free. */
const maxControlFrames = 100;

/** A refused request takes more time than a served one, and whoever sends twenty of them has not read the answer. */
const maxRefusedRequests = 20;

/** The limits of a listener that is given none. */
export const defaultLimits: ListenerLimits = Object.freeze({
  maxStreamsPerConnection,
  maxConnections,
  maxConnectionsPerNetwork,
  handshakeTimeoutMs,
  headersTimeoutMs,
  bodyTimeoutMs,
  idleTimeoutMs,
  keepaliveIntervalMs,
  keepaliveTimeoutMs,
  maxConnectionAgeMs,
  connectionAgeGraceMs,
  lingerMs,
  maxControlFrames,
  maxRefusedRequests,
  ...defaultUnsentLimits,
});
