import type { Config } from "../config/config.ts";

/**
 * Returns the settings of one of several workers: what bounds the whole server is divided, rounded up. What bounds a caller
 * is not, for all that comes over one connection comes to one worker.
 */
export function shareOut(config: Config, workers: number): Config {
  const share = (total: number) => Math.ceil(total / workers);
  return {
    ...config,
    maxConnections: share(config.maxConnections),
    maxConnectionsPerNetwork: share(config.maxConnectionsPerNetwork),
    feedMaxSubscribers: share(config.feedMaxSubscribers),
  };
}
