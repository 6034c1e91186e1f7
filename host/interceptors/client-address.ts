import { BlockList, isIP } from "node:net";
import { withoutPort } from "./network.ts";

/**
 * Finds the address a request was first sent from, given that of the connection, and `X-Forwarded-For` with what each proxy
 * on the way added to its end. Undefined where the connection is the client's own.
 */
export type ClientAddress = (peer: string, forwardedFor: string) => string | undefined;

/**
 * Believes the proxies with these addresses or CIDR blocks: from the connection backwards, as long as each address is one
 * of theirs. What a proxy wrote that is no address leaves the request with the proxy.
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  if (trustedProxies.length === 0) return () => undefined;
  const isTrusted = createProxyCheck(trustedProxies);
  return (peer, forwardedFor) => {
    const hops = forwardedFor.split(",");
    let client: string | undefined;
    while (hops.length > 0 && isTrusted(client ?? peer)) {
      // Some write the port as well.
      const hop = withoutPort((hops.pop() ?? "").trim());
      if (isIP(hop) === 0) break;
      client = hop;
    }
    return client;
  };
}

/** Returns what tells whether an address is one of these addresses or CIDR blocks. */
export function createProxyCheck(trustedProxies: readonly string[]): (address: string) => boolean {
  const trusted = new BlockList();
  for (const proxy of trustedProxies) {
    const [address = "", prefix] = proxy.split("/");
    const family = familyOf(address);
    if (prefix === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(prefix), family);
  }
  // The other end of a Unix domain socket has no address.
  return address => isIP(address) !== 0 && trusted.check(address, familyOf(address));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
