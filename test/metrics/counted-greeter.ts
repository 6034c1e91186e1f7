import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { pino } from "pino";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { createHost } from "../../host/host.ts";
import { serve } from "../../host/served.ts";
import { testEngine } from "../support/engine.ts";

/** All codes of an error. */
export const codes = Object.values(Code).filter(code => typeof code === "number");

/** Rejects as the call ends. */
function endOf({ signal }: HandlerContext): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

/** Does what names say: `wait` waits for the call's end, a number fails with that code; an age is a number of replies. */
const greeter: ServiceImpl<typeof Greeter> = {
  async sayHello({ name }, context) {
    if (name === "wait") await endOf(context);
    if (name !== "") throw new ConnectError("as asked for", Number(name));
    return {};
  },
  async *sayHelloStream({ name, age }, context) {
    for (let n = 0; n < age; n++) yield {};
    if (name === "wait") await endOf(context);
    if (name !== "") throw new ConnectError("as asked for", Number(name));
  },
  async sayHelloToMany(requests) {
    for await (const _ of requests);
    return {};
  },
  async *chat(requests, context) {
    const end = endOf(context);
    end.catch(() => undefined);
    const messages = requests[Symbol.asyncIterator]();
    for (;;) {
      // The stock lane leaves it to its handlers to end with their calls.
      const { done, value } = await Promise.race([messages.next(), end]);
      if (done) return;
      if (value.name !== "quiet") yield {};
    }
  },
};

/** A host with that Greeter, which counts the ends of calls. */
export async function startGreeter(lane: "wire" | "connect") {
  const ends = { count: 0, waiting: new Map<number, () => void>() };
  const host = await createHost({
    services: [serve(Greeter, greeter)],
    log: pino({ level: "silent" }),
    lane,
    httpEngine: testEngine,
    onCallEnd() {
      ends.waiting.get(++ends.count)?.();
    },
    gate({ requestHeader }) {
      if (requestHeader.has("x-stranger")) throw new ConnectError("not you", Code.PermissionDenied);
    },
  });
  const [address] = await host.listen({ host: "localhost", port: 0 });
  const baseUrl = `http://127.0.0.1:${address?.port}`;
  return {
    host,
    baseUrl,
    /** Resolves once so many calls have ended. */
    ended: (count: number) =>
      new Promise<void>(resolve => (ends.count >= count ? resolve() : ends.waiting.set(count, resolve))),
    [Symbol.asyncDispose]() {
      host.abort();
      return host.close();
    },
  };
}
