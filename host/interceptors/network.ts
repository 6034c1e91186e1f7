import { isIP } from "node:net";

/** The address of an address with its port, where it has one: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
export function withoutPort(address: string): string {
  const { ipv6, ipv4 } = /^(?:\[(?<ipv6>[^\]]*)\]|(?<ipv4>[\d.]+))(?::\d*)?$/.exec(address)?.groups ?? {};
  return ipv6 ?? ipv4 ?? address;
}

/**
 * The part of an address that belongs to one subscriber: an IPv4 address as it is, also one mapped into IPv6, and of an
 * IPv6 address the first 64 bits (RFC 6177: nobody is given less). A port does not count. All that is no address is
 * "unknown": a client must not be somebody else with each text it makes up, nor fill memory with them.
 */
export function networkOf(address: string): string {
  const plain = withoutPort(address).replace(/%.*$/, "");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain);
  if (mapped?.[1] !== undefined) return mapped[1];
  const family = isIP(plain);
  if (family !== 6) return family === 4 ? plain : "unknown";
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
