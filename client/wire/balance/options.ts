import { randomUUID } from "node:crypto";
import { refuseUnknown } from "../../refuse-unknown.ts";
import type { OutlierOptions, OutlierPolicy } from "./outliers.ts";
import type { Resolve } from "./resolve-names.ts";
import type { SubsetOptions } from "./subset.ts";

/** How calls are spread over many servers. */
export interface BalanceOptions {
  /**
   * Who is called next: `round-robin`, one after the other, or `least-loaded`, the one with fewer calls in flight of two
   * that are drawn at random. Default: `round-robin`.
   */
  readonly policy?: "round-robin" | "least-loaded";
  /**
   * The service that a server has to serve to be called, by `Watch` of grpc.health.v1, as `healthCheckConfig` of gRPC's
   * service config has it; empty for the server as a whole, false for not asking. One without that service, or that refuses
   * to tell, is taken for healthy. Default: empty.
   */
  readonly health?: string | false;
  /** When servers whose calls fail are left out for a while; false for never. Default: see {@link OutlierOptions}. */
  readonly outliers?: OutlierOptions | false;
  /** Call only some of the servers, where they are very many. Default: all. */
  readonly subset?: SubsetOptions;
  /**
   * How often a name is resolved anew while calls are made, in milliseconds, where its TTL does not say; also after the
   * loss of a connection, once a second at most. Default: 30,000.
   */
  readonly refreshMs?: number;
  /** Tells the addresses of the name. Default: the system's resolver, or the DNS server that `baseUrl` names. */
  readonly resolve?: Resolve;
  /**
   * Is told that a server cannot be connected to, its certificate among the reasons, or says that it does not serve, while
   * calls go to the others: the server's origin, and why, once until it can be called or there is another reason. What it
   * throws is thrown at those who wait for that server. Default: nobody is told.
   */
  readonly onUnavailable?: OnUnavailable;
}

/** See {@link BalanceOptions.onUnavailable}. */
export type OnUnavailable = (server: string, error: Error) => void;

/** {@link BalanceOptions}, checked, with their defaults. */
export interface Balance {
  readonly policy: "round-robin" | "least-loaded";
  readonly health: string | false;
  readonly outliers: OutlierPolicy | false;
  readonly subset: Required<SubsetOptions>;
  readonly refreshMs: number;
  readonly resolve: Resolve | undefined;
  readonly onUnavailable: OnUnavailable | undefined;
}

/** Checks the options. Throws a `TypeError` or `RangeError` that names the one which is wrong. */
export function toBalance(options: BalanceOptions): Balance {
  const { policy = "round-robin", health = "", outliers = {}, subset, refreshMs = 30_000, ...others } = options;
  const { resolve, onUnavailable, ...rest } = others;
  refuseUnknown(rest, "balance.");
  if (!["round-robin", "least-loaded"].includes(policy)) {
    throw new TypeError(`balance.policy "${policy}" is not one of round-robin, least-loaded`);
  }
  if (health !== false && typeof health !== "string") {
    throw new TypeError(`balance.health "${health}" is not the name of a service or false`);
  }
  if (resolve !== undefined && typeof resolve !== "function") throw new TypeError("balance.resolve is not a function");
  if (onUnavailable !== undefined && typeof onUnavailable !== "function") {
    throw new TypeError("balance.onUnavailable is not a function");
  }
  const name = "balance.refreshMs";
  return {
    policy,
    health,
    outliers: outliers === false ? false : toPolicy(outliers),
    subset: toSubset(subset),
    refreshMs: within(name, refreshMs, 1_000, maxMs),
    resolve,
    onUnavailable,
  };
}

/** A day. */
const maxMs = 86_400_000;

function toSubset(subset: SubsetOptions | undefined): Required<SubsetOptions> {
  if (subset === undefined) return { size: Number.POSITIVE_INFINITY, seed: "" };
  const { size, seed = randomUUID(), ...rest } = subset;
  refuseUnknown(rest, "balance.subset.");
  if (typeof seed !== "string") throw new TypeError(`balance.subset.seed "${seed}" is not a string`);
  return { size: within("balance.subset.size", size, 1, 10_000), seed };
}

function toPolicy(options: OutlierOptions): OutlierPolicy {
  const {
    intervalMs = 10_000,
    baseEjectionMs = 30_000,
    maxEjectionMs = 300_000,
    maxEjectionPercent = 10,
    failurePercentage = {},
    successRate = {},
    ...rest
  } = options;
  refuseUnknown(rest, "balance.outliers.");
  const of = (name: string) => `balance.outliers.${name}`;
  return {
    intervalMs: within(of("intervalMs"), intervalMs, 100, maxMs),
    baseEjectionMs: within(of("baseEjectionMs"), baseEjectionMs, 0, maxMs),
    maxEjectionMs: within(of("maxEjectionMs"), maxEjectionMs, 0, maxMs),
    maxEjectionPercent: within(of("maxEjectionPercent"), maxEjectionPercent, 0, 100),
    failurePercentage: failurePercentage && toFailurePercentage(failurePercentage),
    successRate: successRate && toSuccessRate(successRate),
  };
}

type Enabled<Option extends keyof OutlierPolicy> = Exclude<OutlierPolicy[Option], false>;

function toFailurePercentage(options: Partial<Enabled<"failurePercentage">>): Enabled<"failurePercentage"> {
  const { threshold = 85, minimumHosts = 2, requestVolume = 50, ...rest } = options;
  const of = "balance.outliers.failurePercentage.";
  refuseUnknown(rest, of);
  return {
    threshold: within(`${of}threshold`, threshold, 0, 100),
    minimumHosts: within(`${of}minimumHosts`, minimumHosts, 1, 10_000),
    requestVolume: within(`${of}requestVolume`, requestVolume, 1, 1_000_000),
  };
}

function toSuccessRate(options: Partial<Enabled<"successRate">>): Enabled<"successRate"> {
  const { stdevFactor = 1.9, minimumHosts = 5, requestVolume = 100, ...rest } = options;
  const of = "balance.outliers.successRate.";
  refuseUnknown(rest, of);
  return {
    stdevFactor: within(`${of}stdevFactor`, stdevFactor, 0, 100),
    minimumHosts: within(`${of}minimumHosts`, minimumHosts, 1, 10_000),
    requestVolume: within(`${of}requestVolume`, requestVolume, 1, 1_000_000),
  };
}

function within(name: string, value: number, least: number, most: number): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  throw new RangeError(`${name} "${value}" is not a number from ${least} to ${most}`);
}
