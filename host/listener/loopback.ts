import { isIP } from "node:net";

/** Whether what is at a URL can be believed: https, or http on this machine. */
export function isTrustworthy({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}

/** Tells whether a host, in brackets or not, is this machine alone: localhost, 127.0.0.0/8 or ::1. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return name === "localhost" || name === "::1" || name === "[::1]" || (isIP(name) === 4 && name.startsWith("127."));
}
