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
  /** Looks at what a client sends; false means that it does not arrive, bytes that these do. By default everything does. */
  toServer: (bytes: Buffer, link: ProxyLink) => boolean | Buffer;
  /** Looks at what the server sends, likewise. */
  toClient: (bytes: Buffer, link: ProxyLink) => boolean | Buffer;
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
      const passed = proxy.toServer(bytes, link);
      if (passed !== false && !upstream.destroyed) upstream.write(passed === true ? bytes : passed);
    });
    upstream.on("data", (bytes: Buffer) => {
      const passed = proxy.toClient(bytes, link);
      if (passed !== false && !client.destroyed) client.write(passed === true ? bytes : passed);
    });
  });
  const proxy = {
    closed: false,
    links,
    toServer: (_bytes: Buffer, _link: ProxyLink): boolean | Buffer => true,
    toClient: (_bytes: Buffer, _link: ProxyLink): boolean | Buffer => true,
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

/** Makes what passes a server's messages but for those of one type, however they are cut into pieces. */
export function withoutMessages(type: string): PostgresProxy["toClient"] {
  const rests = new WeakMap<ProxyLink, Buffer>();
  return (bytes, link) => {
    let rest = Buffer.concat([rests.get(link) ?? Buffer.alloc(0), bytes]);
    const passed: Buffer[] = [];
    // A message is its type, its length without the type, and its body.
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const end = 1 + rest.readInt32BE(1);
      if (rest[0] !== type.charCodeAt(0)) passed.push(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
    rests.set(link, rest);
    return Buffer.concat(passed);
  };
}

/** The name of a database that a URL names. */
export function databaseOf(url: string): string {
  return new URL(url.replace("@/", "@localhost/")).pathname.slice(1);
}
