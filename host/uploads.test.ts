import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import type * as http2 from "node:http2";
import { test } from "node:test";
import { pino } from "pino";
import { Greeter } from "../gen/greeter/greeter_pb.ts";
import { envelop } from "../protocol/envelope.ts";
import { openHttp2 } from "../test/support/open-http2.ts";
import { createHost } from "./host.ts";
import { serve } from "./served.ts";

const message = envelop(0, Buffer.from('{"name":"Ada"}'));
const headers = { "content-type": "application/connect+json" };

/** An upload that was begun, and is ended later. */
interface Upload {
  /** Sends the rest, and returns the reply's status and body. */
  finish(): Promise<[status: number, body: string]>;
}

function overHttp1(port: number, path: string): Upload {
  const request = http.request({ agent: false, host: "127.0.0.1", port, method: "POST", path, headers });
  request.write(message);
  const responded = once(request, "response") as Promise<[http.IncomingMessage]>;
  responded.catch(() => undefined);
  return {
    async finish() {
      request.end(message);
      const [response] = await responded;
      return [response.statusCode ?? 0, (await response.toArray()).join("")];
    },
  };
}

function overHttp2(session: http2.ClientHttp2Session, path: string): Upload {
  const stream = session.request({ ":method": "POST", ":path": path, ...headers });
  stream.write(message);
  const responded = once(stream, "response") as Promise<[http2.IncomingHttpStatusHeader]>;
  responded.catch(() => undefined);
  return {
    async finish() {
      stream.end(message);
      const [head] = await responded;
      return [head[":status"] ?? 0, (await stream.toArray()).join("")];
    },
  };
}

for (const httpEngine of ["engine", "node"] as const) {
  test(`a streaming upload outlives the time for bodies by whatever path it is routed, on ${httpEngine}`, async () => {
    const began = Promise.withResolvers<void>();
    const ways = 5;
    let count = 0;
    const greeter = serve(Greeter, {
      async sayHelloToMany(messages) {
        const names: string[] = [];
        for await (const { name } of messages) {
          if (names.push(name) === 1 && ++count === ways) began.resolve();
        }
        return { message: names.join(" and ") };
      },
    });
    await using host = await createHost({
      services: [greeter],
      log: pino({ level: "silent" }),
      limits: { bodyTimeoutMs: 200 },
      shutdownGraceMs: 0,
      httpEngine,
    });
    const [address] = await host.listen({ host: "127.0.0.1", port: 0 });
    const port = address?.port ?? 0;
    const session = openHttp2(`http://127.0.0.1:${port}`);
    const path = "/greeter.Greeter/SayHelloToMany";
    const encoded = "/greeter%2EGreeter/SayHello%54oMany";
    const uploads = [
      overHttp1(port, path),
      overHttp1(port, encoded),
      overHttp1(port, `http://127.0.0.1:${port}${path}`),
      overHttp2(session, path),
      overHttp2(session, encoded),
    ];
    await began.promise;
    // Bodies that live through the limit and are cut by it: those above are older.
    const unary = "/greeter.Greeter/SayHello";
    const type = "application/json";
    const late1 = http.request({ agent: false, port, method: "POST", path: unary });
    late1.setHeader("content-type", type).setHeader("content-length", 5).flushHeaders();
    const late2 = session.request({ ":method": "POST", ":path": unary, "content-type": type });
    late2.on("error", () => undefined);
    const [[refusal]] = await Promise.all([
      once(late1, "response"),
      new Promise(resolve => late2.once("close", resolve)),
    ]);
    assert.equal(refusal.statusCode, 408);
    late1.destroy();
    for (const upload of uploads) {
      const [status, body] = await upload.finish();
      assert.equal(status, 200);
      assert.match(body, /Ada and Ada/);
    }
    session.close();
  });
}
