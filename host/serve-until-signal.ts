import type { AddressInfo } from "node:net";
import type { Host } from "./host-options.ts";
import { socketPathOf } from "./listener/bind.ts";
import { startProblem } from "./start-problem.ts";

/** What of a host it takes to serve until a signal. */
type Servable = Pick<Host, "listen" | "close" | "abort" | "reloadCertificates" | "log" | "address">;

/** What {@link serveUntilSignal} may be told. */
export interface ServeOptions {
  /** Says that the host listens, and where. Defaults to a line in its log. */
  readonly onReady?: (addresses: readonly AddressInfo[]) => void;
}

/**
 * Listens where `HostOptions.listen` says, serves until the process is told to end by SIGTERM or SIGINT, and resolves once all is
 * drained; a second signal cuts that short. SIGHUP has certificates read again.
 *
 * Given a function that creates the host, it also says in one line of standard error what keeps that from starting, where it can
 * be mended from outside (settings, policies, certificates, an address in use), and sets the exit code to 1. All else is
 * thrown.
 */
export async function serveUntilSignal(
  host: Servable | (() => Promise<Servable>),
  options: ServeOptions = {},
): Promise<void> {
  if (typeof host !== "function") return serveHost(host, options);
  try {
    await serveHost(await host(), options);
  } catch (error) {
    const problem = startProblem(error);
    if (problem === undefined) throw error;
    process.stderr.write(`${problem}\n`);
    process.exitCode = 1;
  }
}

async function serveHost(host: Servable, { onReady }: ServeOptions): Promise<void> {
  const { log, address } = host;
  const addresses = await host.listen().catch(async error => {
    await host.close();
    throw error;
  });
  // Without TLS the signal ends the process, as it does by default.
  if (address.secure) process.on("SIGHUP", host.reloadCertificates);

  const { promise: signalled, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let signals = 0;
  // Listens for good: between two listeners a signal would end the process at once.
  function hear(signal: NodeJS.Signals) {
    if (signals++ === 0) resolve(signal);
    else host.abort();
  }
  for (const name of ["SIGTERM", "SIGINT"]) process.on(name, hear);
  // Not before: whoever reads it may send a signal at once.
  if (onReady) onReady(addresses);
  else log.info({ url: urlOf(host, addresses), addresses }, `ready on ${nameOf(host, addresses)}`);
  log.info(`${await signalled}: draining, a second signal cuts that short`);
  await host.close();
  log.info(signals > 1 ? "stopped; what was left was cut" : "stopped");
}

/** How a host is called from this machine: `localhost:50051`, or `unix:/path`. */
function nameOf({ address: { host } }: Pick<Host, "address">, [first]: readonly AddressInfo[]): string {
  const path = socketPathOf(host);
  if (path !== undefined) return `unix:${path}`;
  return `${host.includes(":") ? `[${host}]` : host}:${first?.port}`;
}

function urlOf(host: Pick<Host, "address">, addresses: readonly AddressInfo[]): string {
  const name = nameOf(host, addresses);
  if (name.startsWith("unix:")) return name;
  return `${host.address.secure ? "https" : "http"}://${name}`;
}
