import { fileURLToPath } from "node:url";
import { describeConfig } from "../../server/config/config.ts";
import type { Core } from "../machine.ts";
import type { Bench } from "../scenario.ts";
import { type ServerProcess, startServerProcess } from "./process.ts";

/** A lane of our server. */
export type LaneName = "wire" | "connect";

/** The lanes that the server's settings offer, its default first. */
export const LANES: readonly LaneName[] = /^ *LANE /m.test(describeConfig()) ? ["wire", "connect"] : ["connect"];

/** What is told where only the lane is measured that is served where nothing else is asked for. */
export const DEFAULT_LANE_NOTE = `served by the ${LANES[0]} lane, the default`;

/** What is told where a lane is not there to be measured. */
export const LANE_NOTES: readonly string[] =
  LANES.length > 1 ? [] : ["this server has no setting LANE: one lane alone"];

/** How our server is named in results. */
export function laneTitle(lane: LaneName): string {
  return `Concierge, ${lane} lane`;
}

/** How our server is started. */
export interface ConciergeOptions {
  readonly lane?: LaneName;
  /** Its data file. Defaults to none that outlives it. */
  readonly file?: string;
  readonly core?: Core;
  /** Mounts the Greeter of long streams, too. */
  readonly streams?: boolean;
  /** Settings that are measured; they go over those of every scenario. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The settings of our server in every scenario: the defaults, but for what the log shows. */
export function conciergeEnv({ lane, file, settings }: ConciergeOptions): Record<string, string> {
  return {
    HOST: "127.0.0.1",
    PORT: "0",
    LOG_LEVEL: "warn",
    DEMO_DATA: "false",
    DATABASE_URL: file === undefined ? "sqlite::memory:" : `sqlite:${file}`,
    ...(lane !== undefined && { LANE: lane }),
    ...settings,
  };
}

/** The path of a program in this folder's parent. */
export function benchFile(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}

/** Starts our server. The caller stops it. */
export function startConcierge(bench: Bench, options: ConciergeOptions = {}): Promise<ServerProcess> {
  const { streams = false, core = "server" } = options;
  const program = [benchFile("peers/concierge.ts"), ...(streams ? ["streams"] : [])];
  const command = [process.execPath, "--expose-gc", ...program];
  return startServerProcess({ command, core, pinned: bench.machine.pinned, env: conciergeEnv(options) });
}

/** Starts a peer that is a Node program in this folder. The caller stops it. */
export function startPeer(bench: Bench, file: string, ...args: string[]): Promise<ServerProcess> {
  const command = [process.execPath, "--expose-gc", benchFile(`peers/${file}`), ...args];
  return startServerProcess({ command, pinned: bench.machine.pinned });
}

/** As {@link startPeer}; it runs until the scenario is over. */
export async function keepPeer(bench: Bench, file: string, ...args: string[]): Promise<ServerProcess> {
  return bench.keep(await startPeer(bench, file, ...args));
}
