import { once } from "node:events";
import type * as net from "node:net";

/** Both loopback families, whatever the hosts file makes of "localhost": many list one of them alone. */
const loopback = ["127.0.0.1", "::1"];

/** What binding says where a machine lacks an address family. */
const familyMissing = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT"]);

/**
 * Connections that may wait to be accepted. A restarted server's clients all come back at once; of those beyond Node's
 * 511 the kernel drops the last packet of the handshake, and they wait for seconds. `net.core.somaxconn` bounds it, too.
 */
const backlog = 4096;

/** Free ports to try until one is free in both families. */
const portAttempts = 20;

/**
 * Listens with one server per address of `host`, all on one port; port 0 takes one that is free on each address.
 *
 * Throws Node's error (EADDRINUSE, EACCES, …) with nothing left listening. A family that the machine lacks is passed
 * over, as long as one address is there.
 */
export async function bind(createServer: () => net.Server, host: string, port: number): Promise<net.Server[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await bindOnce(createServer, host === "localhost" ? loopback : [host], port);
    } catch (error) {
      if (port !== 0 || codeOf(error) !== "EADDRINUSE" || attempt === portAttempts) throw error;
    }
  }
}

async function bindOnce(createServer: () => net.Server, hosts: string[], port: number): Promise<net.Server[]> {
  const servers: net.Server[] = [];
  let missing: unknown;
  for (const host of hosts) {
    const server = createServer();
    try {
      const taken = servers[0]?.address() as net.AddressInfo | undefined;
      server.listen({ host, port: taken?.port ?? port, backlog });
      await once(server, "listening");
      servers.push(server);
    } catch (error) {
      if (familyMissing.has(codeOf(error))) {
        missing = error;
        continue;
      }
      for (const bound of servers) bound.close();
      throw error;
    }
  }
  if (servers.length === 0) throw missing;
  return servers;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "";
}
