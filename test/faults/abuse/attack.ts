import type { ListenerLimits } from "../../../host/listener/limits.ts";
import type { Closings } from "./swarm.ts";

/** One way to wear a server down. */
export interface Attack {
  readonly name: string;
  /** The limits that end it, shortened from minutes. */
  readonly limits: Partial<ListenerLimits>;
  /** Settings without which another limit would end it first. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Attacks until the server has closed every connection. */
  run(port: number): Promise<Closings[]>;
  /** Throws where connections were not ended by the limits that are to end them. `cuts` says how often each acted. */
  check?(cuts: Readonly<Record<string, number>>): void;
}
