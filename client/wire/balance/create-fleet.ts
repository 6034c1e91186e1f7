import { isIP } from "node:net";
import type { Target } from "../connections/dial.ts";
import type { LinkSource } from "../connections/link-source.ts";
import { Links } from "../connections/links.ts";
import type { WireSettings } from "../settings.ts";
import { Fleet, type Found } from "./fleet.ts";
import { HealthService } from "./health-watch.ts";
import { Member } from "./member.ts";
import type { Balance } from "./options.ts";
import { Standing } from "./outliers.ts";
import { leastLoaded, roundRobin } from "./picker.ts";
import { createResolve } from "./resolve-names.ts";
import type { ListedServers, NamedServers, Servers } from "./server-list.ts";
import { chooseSubset } from "./subset.ts";

/** What the connections to all servers have in common. */
export type SharedTarget = Pick<Target, "servername" | "ca" | "cert" | "key">;

/**
 * Creates the connections to many servers, for calls as the settings have them. Nothing is sent before the first call.
 * `now` is in milliseconds, and the process's clock by default.
 */
export function createFleet(
  servers: Servers,
  balance: Balance,
  shared: SharedTarget,
  settings: WireSettings,
  now?: () => number,
): LinkSource {
  const health = balance.health === false ? undefined : new HealthService(balance.health, settings);
  return new Fleet<Target>({
    name: servers.kind === "name" ? servers.host : servers.urls.map(({ host }) => host).join(", "),
    find:
      servers.kind === "name" ? byName(servers, balance, shared, settings) : listed(servers, balance, shared, settings),
    join(target, down) {
      const standing = new Standing();
      return new Member(new Links({ ...target, judge: standing.judge }), standing, health, (error, isNews) => {
        down();
        if (isNews) balance.onUnavailable?.(target.origin.origin, error);
      });
    },
    pick: balance.policy === "round-robin" ? roundRobin() : leastLoaded(),
    outliers: balance.outliers,
    ...(now && { now }),
  });
}

type Find = () => Promise<Found<Target>>;

function byName(
  { host, port, dnsServer }: NamedServers,
  { resolve = createResolve(dnsServer), refreshMs, subset }: Balance,
  shared: SharedTarget,
  { baseUrl }: WireSettings,
): Find {
  const { protocol } = new URL(baseUrl);
  const { servername = isIP(host) ? undefined : host } = shared;
  return async () => {
    const { addresses, ttlMs = refreshMs } = await resolve(host);
    const targets = addresses.map(({ host: address, port: own = port }): Target => {
      const origin = new URL(`${protocol}//${address.includes(":") ? `[${address}]` : address}:${own}`);
      return { ...shared, servername, origin };
    });
    return { addresses: keyed(targets, subset), ttlMs };
  };
}

/** Each server is called by its own name, unless one is given. */
function listed({ urls }: ListedServers, { subset }: Balance, shared: SharedTarget, { authority }: WireSettings): Find {
  const targets = urls.map((origin): Target => {
    return { ...shared, origin, ...(authority === undefined && { authority: origin.host }) };
  });
  return async () => ({ addresses: keyed(targets, subset), ttlMs: Number.POSITIVE_INFINITY });
}

function keyed(targets: readonly Target[], subset: Balance["subset"]): Map<string, Target> {
  const all = new Map(targets.map(target => [target.origin.host, target]));
  return new Map(chooseSubset([...all], ([key]) => key, subset));
}
