import { type Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { pino } from "pino";
import { AdminService } from "../../gen/concierge/admin/v1/admin_pb.ts";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { createHost } from "../host.ts";
import type { HostOptions } from "../host-options.ts";
import { serve } from "../served.ts";

/** A host whose calls wait for whoever they wait for, until somebody ends them. */
export async function startHost(options: Partial<HostOptions> = {}) {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ base: null }, { write: text => void lines.push(JSON.parse(text)) });
  const aborts: unknown[] = [];
  function untilAborted(signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        aborts.push(signal.reason);
        reject(signal.reason);
      });
    });
  }
  const greeter = serve(Greeter, {
    sayHello: ({ name }, { signal }) => (name === "wait" ? untilAborted(signal) : { message: `Hello ${name}` }),
    async *sayHelloStream({ name }, { signal }) {
      yield { message: name };
      await untilAborted(signal);
    },
    async *chat(messages) {
      for await (const { name } of messages) yield { message: name };
    },
  });
  const host = await createHost({ services: [greeter], log, shutdownGraceMs: 0, ...options });
  const [address] = await host.listen({ host: "localhost", port: 0 });
  const baseUrl = `http://127.0.0.1:${address?.port}`;
  const transport = createGrpcTransport({ baseUrl });
  return {
    host,
    baseUrl,
    lines,
    aborts,
    admin: createClient(AdminService, transport),
    greeter: createClient(Greeter, transport),
    [Symbol.asyncDispose]: () => host.close(),
  };
}

/** Whether an error has a code, and a text. */
export function isCode(code: Code, text?: RegExp) {
  return (error: unknown) =>
    error instanceof ConnectError && error.code === code && (!text || text.test(error.message));
}
