import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { EventLoopSchema } from "../../gen/concierge/admin/v1/admin_pb.ts";
import { toDuration } from "../../protocol/duration.ts";

/** In milliseconds: how often the event loop is asked whether it is late. */
const resolution = 10;

/** Watches the event loop for one reader: what the metrics have seen is not disturbed. */
export class LoopWatch implements Disposable {
  readonly #lag = monitorEventLoopDelay({ resolution });
  #utilization = performance.eventLoopUtilization();

  constructor() {
    this.#lag.enable();
  }

  [Symbol.dispose](): void {
    this.#lag.disable();
  }

  /** What it was like since this was last called. */
  take(): MessageInitShape<typeof EventLoopSchema> {
    const lag = this.#lag;
    const seen = lag.count > 0;
    const [lagP50, lagP99, lagMax] = [lag.percentile(50), lag.percentile(99), lag.max].map(nanoseconds =>
      // What Node tells is the time between two looks.
      toDuration(seen ? Math.max(0, nanoseconds / 1e6 - resolution) : 0),
    );
    lag.reset();
    const before = this.#utilization;
    this.#utilization = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(this.#utilization, before);
    return { lagP50, lagP99, lagMax, utilization };
  }
}
