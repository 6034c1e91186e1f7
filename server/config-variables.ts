import * as access from "./config-access.ts";
import { boolean, host, integer, maxTimer, oneOf, variable } from "./config-parsers.ts";

/** Every setting. */
export const variables = {
  host: variable("HOST", "localhost", "address to listen on; localhost is both loopback families", host),
  port: variable("PORT", "50051", "port to listen on; 0 takes a free one, printed when ready", integer(0, 65_535)),
  insecure: variable("INSECURE", "false", "allows an address other than loopback without authentication", boolean),
  databaseUrl: variable(
    "DATABASE_URL",
    "sqlite:./data/concierge.db",
    "where users are kept; sqlite::memory: is a file that goes with the process",
    text => text,
  ),
  lane: variable(
    "LANE",
    "wire",
    "wire, or connect: everything through @connectrpc/connect-fastify",
    oneOf("wire", "connect"),
  ),
  demoData: variable("DEMO_DATA", "true", "fills an empty directory with the five demo users", boolean),
  authJwtSecret: variable("AUTH_JWT_SECRET", "", "secret that signs tokens (HS256), 32 bytes or more", access.secret),
  authJwtSecretFile: variable("AUTH_JWT_SECRET_FILE", "", "file that holds that secret", access.secretFile),
  authJwksUrl: variable("AUTH_JWKS_URL", "", "keys of an identity provider (RS256, ES256, EdDSA)", access.keysUrl),
  authIssuer: variable("AUTH_ISSUER", "", "issuer that tokens must name", access.text),
  authAudience: variable("AUTH_AUDIENCE", "", "audience that tokens must name", access.text),
  rateLimit: variable("RATE_LIMIT", "auto", "calls a second / at once of a caller; off, or auto", access.rateLimit),
  trustedProxies: variable(
    "TRUSTED_PROXIES",
    "",
    "addresses or CIDRs that X-Forwarded-For is taken from",
    access.networks,
  ),
  corsOrigins: variable("CORS_ORIGINS", "", "origins of pages that may call, comma separated", access.origins),
  maxStreamsPerCaller: variable(
    "MAX_STREAMS_PER_CALLER",
    "auto",
    "streams of a caller at a time; off, or auto",
    access.count,
  ),
  greeterStreamIntervalMs: variable(
    "GREETER_STREAM_INTERVAL_MS",
    "1000",
    "pause between the replies of SayHelloStream, in milliseconds",
    integer(0, maxTimer),
  ),
  maxMessageBytes: variable(
    "MAX_MESSAGE_BYTES",
    "4194304",
    "bytes of one message, before and after decompression",
    integer(1, 1_073_741_824),
  ),
  maxDeadlineMs: variable(
    "MAX_DEADLINE_MS",
    "3600000",
    "the longest deadline a call may ask for, in milliseconds",
    integer(1, maxTimer),
  ),
  maxStreamsPerConnection: variable(
    "MAX_STREAMS_PER_CONNECTION",
    "100",
    "concurrent HTTP/2 streams of one connection",
    integer(1, 1_000_000),
  ),
  maxConnections: variable("MAX_CONNECTIONS", "10000", "open connections per address", integer(1, 1_000_000)),
  shutdownGraceMs: variable(
    "SHUTDOWN_GRACE_MS",
    "10000",
    "from the first signal until calls in flight are cut, in milliseconds",
    integer(0, maxTimer),
  ),
  reflection: variable(
    "REFLECTION",
    "on",
    "on or off: whether clients may ask which services there are, and what they look like",
    oneOf("on", "off"),
  ),
  logLevel: variable(
    "LOG_LEVEL",
    "info",
    "fatal, error, warn, info, debug, trace or silent",
    oneOf("fatal", "error", "warn", "info", "debug", "trace", "silent"),
  ),
  logFormat: variable(
    "LOG_FORMAT",
    "auto",
    "pretty, json, or auto: pretty on a terminal and JSON elsewhere",
    oneOf("auto", "pretty", "json"),
  ),
} as const;
