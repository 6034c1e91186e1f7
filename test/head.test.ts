import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import { test } from "node:test";
import { connect, replyOf } from "./lanes/raw-http2.ts";
import { startServer, testLane } from "./support/server.ts";

const getUser = "/concierge.directory.v1.DirectoryService/GetUser?connect=v1&encoding=json&message=";
const paths = ["/", "/livez", "/readyz?verbose", "/v1/users/1"];
/** A reply, an error, and a message that is none; the stock lane serves no HEAD. */
const calls = ["%7B%22id%22:%221%22%7D", "%7B%22id%22:%22404%22%7D", "%7B"].map(message => getUser + message);

/** What differs from one reply to the next. */
function fixed({ date, "x-request-id": _, ...headers }: Record<string, unknown>): Record<string, unknown> {
  return headers;
}

async function ask1(port: number, method: string, path: string) {
  const request = http.request({ host: "127.0.0.1", port, method, path, agent: false }).end();
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const body = Buffer.concat(await response.toArray());
  return { headers: fixed({ ...response.headers, status: response.statusCode }), size: body.length };
}

test("HEAD gets the headers of GET without its body, over both versions of HTTP", async () => {
  await using server = await startServer({ DEMO_DATA: "true" });
  await using session = connect(server.baseUrl);
  async function ask2(method: string, path: string) {
    const stream = session.request({ ":method": method, ":path": path });
    const { headers, body } = await replyOf(stream);
    return { headers: fixed({ ...headers }), size: body.length };
  }
  for (const path of testLane === "wire" ? [...paths, ...calls] : paths) {
    for (const ask of [(method: string, path: string) => ask1(server.port, method, path), ask2]) {
      const get = await ask("GET", path);
      const head = await ask("HEAD", path);
      assert.ok(get.size > 0, path);
      assert.equal(get.headers["content-length"], String(get.size), path);
      assert.equal(head.size, 0, path);
      assert.deepEqual(head.headers, get.headers, path);
    }
  }
});

test("HEAD is refused where GET is", async () => {
  await using server = await startServer();
  const { headers } = await ask1(server.port, "HEAD", "/greeter.Greeter/SayHello");
  // The stock lane says no methods.
  assert.deepEqual([headers.status, headers.allow], [405, testLane === "wire" ? "POST" : undefined]);
});
