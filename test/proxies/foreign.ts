import type { ProxyName } from "../support/proxy.ts";

export const proxyNames = ["nginx", "haproxy", "caddy"] as const satisfies ProxyName[];

/** What each proxy's file is changed in for servers that have no readiness to tell. */
export const unasked: Readonly<Record<ProxyName, Readonly<Record<string, string>>>> = {
  nginx: {},
  haproxy: { " check inter 1s fall 1 rise 1": "" },
  caddy: {},
};
