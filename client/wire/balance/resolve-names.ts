import { lookup, Resolver } from "node:dns/promises";
import { isIP } from "node:net";

/** One server among many. */
export interface ServerAddress {
  /** An IP address, or a name, which is then resolved at each connection. */
  readonly host: string;
  /** Default: the port of the name. */
  readonly port?: number;
}

/** What a name stands for now. */
export interface Resolved {
  readonly addresses: readonly ServerAddress[];
  /** Milliseconds that this holds for. Default: until it is asked again. */
  readonly ttlMs?: number;
}

/** Tells the addresses of a host. Rejects where it cannot tell. */
export type Resolve = (host: string) => Promise<Resolved>;

/** Short enough for another try within a call's deadline. */
const dnsTimeoutMs = 2_000;

/**
 * Creates a resolver by the system's own (`getaddrinfo`: the hosts file, search domains), which knows no TTL; or, with an
 * `address` or `address:port`, by this DNS server alone, with the TTL of what it says. The IPv4 addresses of a host, or its
 * IPv6 addresses where it has no others: those of both kinds are mostly the same servers.
 */
export function createResolve(dnsServer: string | undefined): Resolve {
  if (dnsServer === undefined) return async host => ({ addresses: ofOneKind(await lookup(host, { all: true })) });
  const resolver = new Resolver({ timeout: dnsTimeoutMs, tries: 2 });
  resolver.setServers([dnsServer]);
  return async host => {
    if (isIP(host)) return { addresses: [{ host }] };
    const options = { ttl: true } as const;
    const records = await resolver.resolve4(host, options).catch(() => resolver.resolve6(host, options));
    const ttlMs = 1000 * Math.min(...records.map(({ ttl }) => ttl));
    return { addresses: records.map(({ address }) => ({ host: address })), ttlMs };
  };
}

function ofOneKind(found: readonly { readonly address: string; readonly family: number }[]): ServerAddress[] {
  const families = found.map(({ family }) => family);
  const wanted = families.includes(4) ? 4 : 6;
  return found.filter(({ family }) => family === wanted).map(({ address }) => ({ host: address }));
}
