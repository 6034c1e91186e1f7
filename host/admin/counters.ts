import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  ConnectionCountersSchema,
  MemorySchema,
  MethodCountersSchema,
} from "../../gen/concierge/admin/v1/admin_pb.ts";
import type { PortCounts } from "../listener/port-counts.ts";
import { codeNumbers, type MethodMeter } from "../metrics/method-meter.ts";

/** What a method's meter has counted. */
export function methodCounters(meter: MethodMeter): MessageInitShape<typeof MethodCountersSchema> {
  const { method, started, messagesReceived, messagesSent, inFlight, all } = meter;
  const handled = codeNumbers.map(code => ({ code, count: BigInt(meter.countOf(code)) }));
  return {
    method: `${method.service}/${method.name}`,
    kind: method.kind,
    started: BigInt(started),
    handled: handled.filter(({ count }) => count > 0n),
    messagesReceived: BigInt(messagesReceived),
    messagesSent: BigInt(messagesSent),
    inFlight: BigInt(inFlight),
    durations: { bounds: [...all.bounds], counts: Array.from(all.counts, BigInt), sum: all.sum },
  };
}

/** What this process holds now. */
export function memory(): MessageInitShape<typeof MemorySchema> {
  const { heapUsed, heapTotal, rss } = process.memoryUsage();
  return { heapUsed: BigInt(heapUsed), heapTotal: BigInt(heapTotal), resident: BigInt(rss) };
}

/** What a port has counted of its connections. */
export function connectionCounters({
  open,
  accepted,
  dropped,
}: PortCounts): MessageInitShape<typeof ConnectionCountersSchema> {
  const { http1, http2, none: unknown } = open;
  return { http1, http2, unknown, accepted: BigInt(accepted), dropped: BigInt(dropped) };
}
