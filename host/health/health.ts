import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { type Health, HealthCheckResponse_ServingStatus as Status } from "../../gen/grpc/health/v1/health_pb.ts";
import type { HealthRegistry } from "./health-registry.ts";

/** Characters of a service's name that an error repeats: error messages travel in a header. */
const maxQuoted = 256;

/** `grpc.health.v1.Health`, https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
export function createHealth(registry: HealthRegistry): ServiceImpl<typeof Health> {
  function statusOf(service: string): Status {
    const serving = registry.serving(service);
    if (serving === undefined) return Status.SERVICE_UNKNOWN;
    return serving ? Status.SERVING : Status.NOT_SERVING;
  }

  return {
    check({ service }) {
      const status = statusOf(service);
      if (status !== Status.SERVICE_UNKNOWN) return { status };
      throw new ConnectError(`unknown service "${service.slice(0, maxQuoted).toWellFormed()}"`, Code.NotFound);
    },

    list: () => ({
      statuses: Object.fromEntries(registry.services().map(service => [service, { status: statusOf(service) }])),
    }),

    async *watch({ service }, { signal }) {
      let change = Promise.withResolvers<void>();
      const unsubscribe = registry.subscribe(() => change.resolve());
      // A watcher that waits for a slow client is not resumed when that client leaves, so its `finally` may never run.
      function stop() {
        unsubscribe();
        change.resolve();
      }
      signal.addEventListener("abort", stop, { once: true });
      try {
        // What changes while the client is slow is not queued: it gets the state as it is when it reads again.
        let sent: Status | undefined;
        for (;;) {
          change = Promise.withResolvers();
          const status = statusOf(service);
          if (status !== sent) {
            yield { status };
            sent = status;
          } else {
            // Only now: the last state before a drain cuts the stream is still to be told.
            signal.throwIfAborted();
            await change.promise;
          }
        }
      } finally {
        stop();
      }
    },
  };
}
