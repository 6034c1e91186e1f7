import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { type Guarded, lanes, startGuarded, transports } from "./guarded.fixture.ts";

/** Waits for the one line that a call is told in. */
async function endOf({ lines }: Guarded, requestId: string) {
  for (;;) {
    const line = lines.find(line => line.requestId === requestId);
    if (line) return line;
    await new Promise(setImmediate);
  }
}

for (const [laneName, lane] of Object.entries(lanes)) {
  /** A server whose handlers come back when nobody waits for them any more. */
  async function startDeaf() {
    const started = new Map<string, () => void>();
    async function hang({ signal, requestHeader }: HandlerContext) {
      started.get(requestHeader.get("x-request-id") ?? "")?.();
      if (!signal.aborted) await once(signal, "abort");
      return {};
    }
    const server = await startGuarded(lane, router => {
      router.service(Greeter, {
        sayHello: (_, context) => hang(context),
        async *sayHelloStream(_, context) {
          yield await hang(context);
        },
        sayHelloToMany: (_, context) => hang(context),
      });
    });
    return { server, running: (id: string) => new Promise<void>(resolve => started.set(id, resolve)) };
  }

  for (const protocol of Object.keys(transports) as (keyof typeof transports)[]) {
    test(`a handler that outlives its deadline is logged with what its client got, ${protocol} on ${laneName}`, async () => {
      const { server } = await startDeaf();
      await using _ = server;
      const greeter = server.client(Greeter, await server.token("ada", "viewer"), protocol);
      const requestId = `late-${protocol}`;
      // By the header alone: a client that keeps the time itself would leave first.
      const deadline = protocol === "Connect" ? { "connect-timeout-ms": "20" } : { "grpc-timeout": "20m" };
      const call = greeter.sayHello({ name: "Ada" }, { headers: { "x-request-id": requestId, ...deadline } });
      const got = await call.then(
        () => "OK",
        error => (ConnectError.from(error).code === Code.DeadlineExceeded ? "DEADLINE_EXCEEDED" : String(error)),
      );
      // The stock lane waits for the handler, and sends what it returns.
      assert.match(got, laneName === "the wire lane" ? /^DEADLINE_EXCEEDED$/ : /^(OK|DEADLINE_EXCEEDED)$/);
      const { code, level } = await endOf(server, requestId);
      assert.equal(level, 30);
      if (laneName === "the wire lane") assert.equal(code, got);
    });

    test(`a handler that outlives its client is logged as canceled, ${protocol} on ${laneName}`, async () => {
      const { server, running } = await startDeaf();
      await using _ = server;
      const greeter = server.client(Greeter, await server.token("ada", "viewer"), protocol);
      for (const method of ["sayHello", "sayHelloStream"] as const) {
        const requestId = `left-${method}-${protocol}`;
        const leave = new AbortController();
        const runs = running(requestId);
        const options = { signal: leave.signal, headers: { "x-request-id": requestId } };
        const call =
          method === "sayHello"
            ? greeter.sayHello({ name: "Ada" }, options)
            : greeter.sayHelloStream({ name: "Ada" }, options)[Symbol.asyncIterator]().next();
        await Promise.all([runs.then(() => leave.abort()), assert.rejects(call)]);
        const { code, level } = await endOf(server, requestId);
        assert.match(String(code), protocol === "gRPC-Web" ? /^(CANCELED|ABORTED)$/ : /^CANCELED$/);
        assert.equal(level, 30);
      }
    });
  }
}
