import { isIP } from "node:net";

/**
 * The part of an address that belongs to one subscriber: an IPv4 address as it is, also one mapped into IPv6, and of an
 * IPv6 address the first 64 bits (RFC 6177: nobody is given less). Brackets are taken off; what is no address stays as it is.
 */
export function networkOf(address: string): string {
  const plain = address.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (isIP(plain) !== 6) return plain;
  const [head = "", tail] = plain.split("::");
  const groups = head === "" ? [] : head.split(":");
  // A "::" stands for as many zeros as are missing; an IPv4 tail for two groups.
  if (tail !== undefined) {
    const given = tail === "" ? [] : tail.split(":");
    const missing = 8 - groups.length - given.length - (tail.includes(".") ? 1 : 0);
    groups.push(...Array<string>(missing).fill("0"), ...given);
  }
  return `${groups
    .slice(0, 4)
    .map(group => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
