import { once } from "node:events";
import { lstat, unlink } from "node:fs/promises";
import * as net from "node:net";

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

/** What a new file may not be: for others than its owner. */
const ownersAlone = 0o177;

/**
 * Returns the path of the Unix domain socket that a host names: `unix:/path`, `unix:///path`, or `unix:path` from the working
 * directory (https://github.com/grpc/grpc/blob/master/doc/naming.md). Undefined for names and addresses.
 */
export function socketPathOf(host: string): string | undefined {
  return /^unix:(?:\/\/(?=\/)|(?!\/\/))(.+)$/.exec(host)?.[1];
}

/**
 * Listens with one server per address of `host`, all on one port; port 0 takes one that is free on each address. A Unix
 * domain socket has no port. It is its owner's alone (0600), takes the place of one that a dead server left behind, and is
 * removed when the server closes.
 *
 * Throws Node's error (EADDRINUSE, EACCES, …) with nothing left listening. A family that the machine lacks is passed
 * over, as long as one address is there.
 */
export async function bind(createServer: () => net.Server, host: string, port: number): Promise<net.Server[]> {
  const path = socketPathOf(host);
  if (path !== undefined) return [await bindSocket(createServer(), path)];
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

async function bindSocket(server: net.Server, path: string): Promise<net.Server> {
  try {
    await listenAt(server, path);
  } catch (error) {
    if (codeOf(error) !== "EADDRINUSE" || !(await isLeftBehind(path))) throw error;
    await unlink(path);
    await listenAt(server, path);
  }
  // Told as those of all other servers are.
  server.address = () => ({ address: path, family: "unix", port: 0 });
  return server;
}

async function listenAt(server: net.Server, path: string): Promise<void> {
  const umask = process.umask(ownersAlone);
  try {
    // Creates the file before it returns: a chmod would come too late.
    server.listen({ path, backlog });
  } finally {
    process.umask(umask);
  }
  await once(server, "listening");
}

/** Whether a socket's file has no server any more. */
async function isLeftBehind(path: string): Promise<boolean> {
  // A connection to any other file is refused, too.
  if (!(await lstat(path)).isSocket()) return false;
  const probe = net.connect(path);
  try {
    await once(probe, "connect");
    return false;
  } catch (error) {
    return codeOf(error) === "ECONNREFUSED";
  } finally {
    probe.destroy();
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "";
}
