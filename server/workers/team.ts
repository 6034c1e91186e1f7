import { setTimeout as sleep } from "node:timers/promises";
import type { Host } from "../../host/index.ts";
import type { Config } from "../config/config.ts";
import { Crew, type CrewOptions } from "./crew.ts";
import { Reception } from "./reception.ts";

/** Workers behind one port: what can be done with one host, but for what happens within it. */
export interface Team extends Pick<Host, "listen" | "close" | "abort" | "reloadCertificates" | "log" | "address"> {
  /** Says in the log which processes serve. */
  announce(): void;
  /** Rejects with `WorkerStartError` when no worker serves, and none can be started. */
  readonly hopeless: Promise<never>;
}

/** What a team needs. */
export interface TeamOptions extends CrewOptions {
  readonly config: Pick<Config, "host" | "port" | "tlsCertFile" | "shutdownDelayMs">;
}

/** Puts workers behind a port. `listen` starts them. */
export function createTeam(options: TeamOptions): Team {
  const { host, port, tlsCertFile, shutdownDelayMs } = options.config;
  const crew = new Crew(options);
  const cut = new AbortController();
  let reception: Reception | undefined;

  async function drain(): Promise<void> {
    const drained = crew.drain();
    // Connections are accepted for as long as workers take them.
    await sleep(shutdownDelayMs, undefined, { signal: cut.signal }).catch(() => undefined);
    reception?.close();
    if (!(await drained)) process.exitCode = 1;
  }

  return {
    log: options.log,
    address: { host, port, secure: tlsCertFile !== undefined },
    async listen() {
      await crew.start();
      reception = await Reception.open(host, port);
      crew.receiveFrom(reception);
      return reception.addresses;
    },
    // One that never listened has no call to wait for.
    close: () => (reception === undefined ? crew.kill() : drain()),
    abort() {
      cut.abort();
      crew.tell({ kind: "abort" });
    },
    reloadCertificates: () => crew.tell({ kind: "reload certificates" }),
    announce: () => crew.announce(),
    hopeless: crew.hopeless.catch(error => {
      reception?.close();
      throw error;
    }),
  };
}
