import { randomBytes } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Party, type RunningCallSchema } from "../../gen/concierge/admin/v1/admin_pb.ts";
import { toDuration } from "../../protocol/duration.ts";
import { callerOf, callInfoKey } from "../interceptors/call-info.ts";
import type { RunningCall, RunningCalls } from "../lanes/running-calls.ts";

const parties = { client: Party.CLIENT, handler: Party.HANDLER } as const;

/** The calls that run, under names by which they can be found again. A call is named when it is first listed. */
export class RunningCallList {
  readonly #running: RunningCalls;
  readonly #ids = new WeakMap<RunningCall, string>();
  /** Tells this process's names from those of others that serve the same port. */
  readonly #prefix = randomBytes(4).toString("hex");
  #named = 0;

  constructor(running: RunningCalls) {
    this.#running = running;
  }

  /** The oldest calls, and how many there are. */
  list(limit: number): { readonly calls: MessageInitShape<typeof RunningCallSchema>[]; readonly total: number } {
    const { all } = this.#running;
    const oldest = all.toSorted((a, b) => b.age - a.age).slice(0, limit);
    return { calls: oldest.map(call => this.#described(call)), total: all.length };
  }

  /** The call with a name, while it runs. */
  find(id: string): RunningCall | undefined {
    return this.#running.all.find(call => this.#ids.get(call) === id);
  }

  #described(call: RunningCall): MessageInitShape<typeof RunningCallSchema> {
    const { received, sent, waitsFor } = call.progress;
    const { peer, requestId } = call.values.get(callInfoKey);
    return {
      id: this.#idOf(call),
      method: `${call.method.parent.typeName}/${call.method.name}`,
      protocol: call.protocolName,
      peer,
      caller: callerOf(call),
      requestId,
      age: toDuration(call.age),
      messagesReceived: BigInt(received),
      messagesSent: BigInt(sent),
      waitsFor: waitsFor && parties[waitsFor],
    };
  }

  #idOf(call: RunningCall): string {
    let id = this.#ids.get(call);
    if (id === undefined) {
      id = `${this.#prefix}-${++this.#named}`;
      this.#ids.set(call, id);
    }
    return id;
  }
}
