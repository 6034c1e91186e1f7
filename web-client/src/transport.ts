import { type ConciergeOptions, createConcierge } from "../../client/web.ts";

/** The ways a browser can speak to the service: the value of each one's radio button, and its name. */
export const PROTOCOL_NAMES = {
  "connect-json": "Connect JSON",
  "connect-binary": "Connect binary",
  "grpc-web": "gRPC-Web",
} as const;

/** A key of {@link PROTOCOL_NAMES}. */
export type Protocol = keyof typeof PROTOCOL_NAMES;

const FORMS: Record<Protocol, Pick<ConciergeOptions, "protocol" | "format">> = {
  "connect-json": { protocol: "connect", format: "json" },
  "connect-binary": { protocol: "connect", format: "binary" },
  "grpc-web": { protocol: "grpc-web", format: "binary" },
};

/** What {@link connectTo} needs to know. */
export interface Connection extends Pick<ConciergeOptions, "baseUrl" | "token"> {
  /** How messages are framed and encoded. */
  protocol: Protocol;
}

/** Creates a client whose calls have the deadlines that they are given, and no other. */
export function connectTo({ protocol, ...options }: Connection) {
  return createConcierge({ ...options, ...FORMS[protocol], deadlineMs: 0 });
}

/** Tells whether `value` is the key of a protocol. */
export function isProtocol(value: unknown): value is Protocol {
  return typeof value === "string" && Object.hasOwn(PROTOCOL_NAMES, value);
}
