import type { TestContext } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { pino } from "pino";
import { Greeter, HelloReplySchema, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { envelop, prefixBytes } from "../../protocol/envelope.ts";
import { consoleAt, fieldsOf, type RelayedCall } from "../../test/support/relay.ts";
import { createHost } from "../host.ts";
import type { Host, HostOptions } from "../host-options.ts";
import { serve } from "../served.ts";

/** A method of each direction at once, and a unary one. */
export const chat = { path: "/greeter.Greeter/Chat" };
export const sayHello = { path: "/greeter.Greeter/SayHello" };

/** A request in its envelope. */
export function hello(name: string): Uint8Array {
  return envelop(0, toBinary(HelloRequestSchema, create(HelloRequestSchema, { name })));
}

/** The text of a reply in its envelope. */
export function textOf(body: Uint8Array): string {
  return fromBinary(HelloReplySchema, body.subarray(prefixBytes)).message;
}

/** A greeter whose streams tell when their signal aborts, and whose unary calls wait for `go`. */
export function createGreeter() {
  const go = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<unknown>();
  const begun = Promise.withResolvers<void>();
  let streamed = 0;
  const service = serve(Greeter, {
    async sayHello({ name }, { responseTrailer }) {
      begun.resolve();
      await go.promise;
      responseTrailer.set("x-trailer", "set");
      return { message: `Hello ${name}` };
    },
    async *sayHelloStream(_, { signal }) {
      signal.addEventListener("abort", () => aborted.resolve(signal.reason));
      const message = "x".repeat(64 * 1024);
      while (!signal.aborted) {
        streamed += message.length;
        yield { message };
      }
    },
    async *chat(requests, { signal }) {
      signal.addEventListener("abort", () => aborted.resolve(signal.reason));
      for await (const { name } of requests) yield { message: `Hello ${name}` };
    },
    async sayHelloToMany(requests) {
      begun.resolve();
      await go.promise;
      return { message: (await Array.fromAsync(requests, ({ name }) => name)).join() };
    },
  });
  return { service, go, begun, aborted, streamed: () => streamed };
}

/** A host with that greeter, what `prepare` adds, and a console at it; ends with the test. */
export async function start(
  t: TestContext,
  options: Partial<HostOptions> = {},
  prepare: (host: Host) => unknown = () => {},
) {
  const greeter = createGreeter();
  const log = pino({ level: "silent" });
  const host = await createHost({ services: [greeter.service], log, shutdownGraceMs: 3_600_000, ...options });
  prepare(host);
  t.after(() => {
    greeter.go.resolve();
    const closed = host.close();
    host.abort();
    return closed;
  });
  return { ...greeter, host, console: consoleAt(await listen(host)) };
}

/** The address of a host on a free port. */
export async function listen(host: Awaited<ReturnType<typeof createHost>>): Promise<string> {
  const [address] = await host.listen({ host: "127.0.0.1", port: 0 });
  return `http://127.0.0.1:${address?.port}`;
}

/** The name of the code that a call fails with, or OK. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(() => "OK").catch(error => Code[ConnectError.from(error).code] ?? "");
}

/** The trailers of the end that a call comes to, or its last event where that is none. */
export async function endOf(call: RelayedCall) {
  const last = (await call.rest()).at(-1);
  return last?.case === "end" ? fieldsOf(last.value.trailers) : last;
}
