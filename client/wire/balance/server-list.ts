import { isIP } from "node:net";

/** Servers by a name, of which a resolver tells the addresses. */
export interface NamedServers {
  readonly kind: "name";
  /** A host name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  /** The DNS server to ask, `address` or `address:port`; undefined for the system's resolver. */
  readonly dnsServer: string | undefined;
}

/** Servers one by one. */
export interface ListedServers {
  readonly kind: "list";
  /** Their URLs, all with the same scheme and path. */
  readonly urls: readonly URL[];
}

/** How many servers are reached by one client. */
export type Servers = NamedServers | ListedServers;

/** Servers, and the URL that they are called by where a call has to have one. */
export interface ManyServers {
  readonly servers: Servers;
  readonly baseUrl: string;
}

const schemes = { true: { scheme: "https", port: 443 }, false: { scheme: "http", port: 80 } } as const;

/**
 * Reads what stands for many servers: a list of URLs, or gRPC's name of them, `dns:host:port`, `dns:///host:port` or
 * `dns://server/host:port` (https://github.com/grpc/grpc/blob/master/doc/naming.md). Undefined for what is one server's URL.
 * A name says nothing of TLS: `usesTls` does. Throws a `TypeError` that names `baseUrl`.
 */
export function parseServers(baseUrl: string | readonly string[], usesTls: boolean): ManyServers | undefined {
  if (typeof baseUrl !== "string") return parseList(baseUrl);
  if (!baseUrl.startsWith("dns:")) return undefined;
  const [, dnsServer, target = ""] = /^dns:(?:\/\/([^/]*)\/)?([^/?#@]+)$/.exec(baseUrl) ?? [];
  const { scheme, port } = schemes[`${usesTls}`];
  const url = URL.parse(`${scheme}://${target}`);
  if (url === null || target === "") throw new TypeError(`baseUrl "${baseUrl}" is not dns:///host:port`);
  if (dnsServer && !isAddress(dnsServer)) {
    throw new TypeError(`baseUrl "${baseUrl}": the DNS server "${dnsServer}" is not an address or address:port`);
  }
  return {
    servers: {
      kind: "name",
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port === "" ? port : Number(url.port),
      dnsServer: dnsServer || undefined,
    },
    baseUrl: url.href,
  };
}

function parseList(list: readonly string[]): ManyServers {
  if (!Array.isArray(list) || list.length === 0) throw new TypeError("baseUrl is an empty list");
  const urls = list.map(text => {
    const url = URL.parse(text);
    if (url === null || !/^https?:$/.test(url.protocol)) {
      throw new TypeError(`baseUrl "${text}" is not an http or https URL, as those of a list have to be`);
    }
    return url;
  });
  const [first] = urls as [URL];
  for (const { protocol, pathname, href } of urls) {
    if (protocol === first.protocol && pathname === first.pathname) continue;
    throw new TypeError(`baseUrl "${href}" has another scheme or path than "${first.href}"`);
  }
  return { servers: { kind: "list", urls }, baseUrl: list[0] as string };
}

function isAddress(text: string): boolean {
  const url = URL.parse(`http://${text}`);
  return url !== null && url.host === text && isIP(url.hostname.replace(/^\[|\]$/g, "")) !== 0;
}
