import { once } from "node:events";
import * as net from "node:net";
import { join } from "node:path";
import type { PostgresServer } from "./postgres.ts";

/** A connection through the proxy. */
export interface ProxyLink {
  /** Ends both of its sides at once. */
  cut(): void;
  /** The same, once a part of what was looked at has gone its way. */
  cutAfter(part: Buffer, towards: "server" | "client"): void;
}

/** What stands between a store and its server, for a test to get in the way. */
export interface PostgresProxy extends AsyncDisposable {
  /** The URL of a database through the proxy. */
  urlOf(database: string): string;
  /** Looks at what a client sends; false means that it does not arrive. By default everything does. */
  toServer: (bytes: Buffer, link: ProxyLink) => boolean;
  /** Looks at what the server sends, likewise. */
  toClient: (bytes: Buffer, link: ProxyLink) => boolean;
  /** Takes no connections while true. */
  closed: boolean;
  /** The connections that are open. */
  readonly links: ReadonlySet<ProxyLink>;
}

/** Starts a proxy on a free port of loopback, before a server's socket. */
export async function startProxy(server: PostgresServer): Promise<PostgresProxy> {
  const links = new Set<ProxyLink>();
  const listener = net.createServer(client => {
    if (proxy.closed) {
      client.destroy();
      return;
    }
    const upstream = net.connect(join(server.socket, ".s.PGSQL.5432"));
    const link: ProxyLink = {
      cut() {
        client.destroy();
        upstream.destroy();
      },
      cutAfter(part, towards) {
        const [target, other] = towards === "client" ? [client, upstream] : [upstream, client];
        // What the other side still has to say comes to nobody.
        other.removeAllListeners("close").destroy();
        target.end(part, () => target.destroy());
      },
    };
    links.add(link);
    for (const socket of [client, upstream]) {
      socket.on("error", () => link.cut());
      socket.on("close", () => {
        links.delete(link);
        link.cut();
      });
    }
    client.on("data", (bytes: Buffer) => {
      if (proxy.toServer(bytes, link) && !upstream.destroyed) upstream.write(bytes);
    });
    upstream.on("data", (bytes: Buffer) => {
      if (proxy.toClient(bytes, link) && !client.destroyed) client.write(bytes);
    });
  });
  const proxy = {
    closed: false,
    links,
    toServer: (_bytes: Buffer, _link: ProxyLink) => true,
    toClient: (_bytes: Buffer, _link: ProxyLink) => true,
    urlOf: (database: string) => {
      const { port } = listener.address() as net.AddressInfo;
      return `postgresql://postgres@127.0.0.1:${port}/${database}`;
    },
    async [Symbol.asyncDispose]() {
      for (const link of links) link.cut();
      listener.close();
      await once(listener, "close");
    },
  };
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return proxy;
}

/** The name of a database that a URL names. */
export function databaseOf(url: string): string {
  return new URL(url.replace("@/", "@localhost/")).pathname.slice(1);
}
