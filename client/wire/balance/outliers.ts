import { Code } from "@connectrpc/connect";

/** When servers whose calls fail are left out for a while: gRFC A50. Times are in milliseconds. */
export interface OutlierOptions {
  /** How often the calls since the last time are judged. Default: 10,000. */
  readonly intervalMs?: number;
  /** How long a server is left out, times how often in a row it has been. Default: 30,000. */
  readonly baseEjectionMs?: number;
  /** How long at most. Default: 300,000. */
  readonly maxEjectionMs?: number;
  /** How much of all servers may be left out at once; one may be in any case. 0 to 100. Default: 10. */
  readonly maxEjectionPercent?: number;
  /** Leaves out servers of which too large a part of the calls fails; false for none. */
  readonly failurePercentage?: FailurePercentage | false;
  /** Leaves out servers of which fewer calls succeed than of the others; false for none. */
  readonly successRate?: SuccessRate | false;
}

/** See {@link OutlierOptions.failurePercentage}. */
export interface FailurePercentage {
  /** Servers above it are left out, 0 to 100. Default: 85. */
  readonly threshold?: number;
  /** Servers that there have to be. Default: 2; A50 has 5. */
  readonly minimumHosts?: number;
  /** Calls that a server has to have had. Default: 50. */
  readonly requestVolume?: number;
}

/** See {@link OutlierOptions.successRate}. */
export interface SuccessRate {
  /** Servers this many standard deviations below the mean are left out. Default: 1.9. */
  readonly stdevFactor?: number;
  /** Servers with enough calls that there have to be. Default: 5. */
  readonly minimumHosts?: number;
  /** Calls that a server has to have had. Default: 100. */
  readonly requestVolume?: number;
}

/** {@link OutlierOptions} with their defaults. */
export interface OutlierPolicy extends Required<Omit<OutlierOptions, "failurePercentage" | "successRate">> {
  readonly failurePercentage: Required<FailurePercentage> | false;
  readonly successRate: Required<SuccessRate> | false;
}

/** What the server is to blame for; all other errors are the caller's, or what it asked for. */
const failures: ReadonlySet<Code> = new Set([
  Code.Unknown,
  Code.DeadlineExceeded,
  Code.ResourceExhausted,
  Code.Internal,
  Code.Unavailable,
  Code.DataLoss,
]);

/** How a server's calls have ended since the last sweep, and whether it is left out. */
export class Standing {
  good = 0;
  bad = 0;
  /** The calls between the last two sweeps. */
  #total = 0;
  #rate = 1;
  #ejectedAt: number | undefined = undefined;
  /** How often in a row it was left out. */
  #times = 0;

  /** A call has ended, with undefined where it is as it should be. Who gives up a call says nothing of its server. */
  readonly judge = (code: Code | undefined): void => {
    if (code === Code.Canceled) return;
    if (code !== undefined && failures.has(code)) this.bad++;
    else this.good++;
  };

  get isEjected(): boolean {
    return this.#ejectedAt !== undefined;
  }

  /** Calls that the last sweep has judged. */
  get total(): number {
    return this.#total;
  }

  /** The part of them that was as it should be, 0 to 1. */
  get rate(): number {
    return this.#rate;
  }

  /** Begins to count anew. */
  swap(): void {
    this.#total = this.good + this.bad;
    this.#rate = this.#total === 0 ? 1 : this.good / this.#total;
    this.good = 0;
    this.bad = 0;
  }

  eject(now: number): void {
    this.#ejectedAt = now;
    this.#times++;
  }

  /** Forgives a server that does well, and lets one back whose time is over. */
  forgive(now: number, { baseEjectionMs, maxEjectionMs }: OutlierPolicy): void {
    if (this.#ejectedAt === undefined) {
      this.#times = Math.max(0, this.#times - 1);
      return;
    }
    const ms = Math.min(baseEjectionMs * this.#times, Math.max(baseEjectionMs, maxEjectionMs));
    if (now > this.#ejectedAt + ms) this.#ejectedAt = undefined;
  }
}

/**
 * Judges the calls since the last sweep, and leaves servers out or lets them back, in gRFC A50's order. `now` is in
 * milliseconds of any clock. Of A50 there are no enforcement percentages, which are for trying it out on some of many clients.
 */
export function sweep(standings: readonly Standing[], policy: OutlierPolicy, now: number): void {
  for (const standing of standings) standing.swap();
  if (policy.successRate) ejectBelow(standings, policy, rateBound(standings, policy.successRate), now);
  if (policy.failurePercentage && standings.length >= policy.failurePercentage.minimumHosts) {
    const { threshold, requestVolume } = policy.failurePercentage;
    ejectBelow(standings, policy, { rate: (100 - threshold) / 100, requestVolume }, now);
  }
  for (const standing of standings) standing.forgive(now, policy);
}

/** Servers with so many calls, of which a smaller part succeeds, are left out. */
interface Bound {
  readonly rate: number;
  readonly requestVolume: number;
}

function rateBound(standings: readonly Standing[], options: Required<SuccessRate>): Bound {
  const { stdevFactor, minimumHosts, requestVolume } = options;
  const rates = standings.filter(({ total }) => total >= requestVolume).map(({ rate }) => rate);
  if (rates.length < minimumHosts) return { rate: 0, requestVolume };
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length;
  return { rate: mean - Math.sqrt(variance) * stdevFactor, requestVolume };
}

function ejectBelow(
  standings: readonly Standing[],
  { maxEjectionPercent }: OutlierPolicy,
  { rate, requestVolume }: Bound,
  now: number,
): void {
  let ejected = standings.filter(({ isEjected }) => isEjected).length;
  for (const standing of standings) {
    // The first in any case, and none that would be more than the part that is allowed.
    if (ejected > 0 && (ejected + 1) * 100 > maxEjectionPercent * standings.length) return;
    if (standing.isEjected || standing.total < requestVolume || standing.rate >= rate) continue;
    standing.eject(now);
    ejected++;
  }
}
