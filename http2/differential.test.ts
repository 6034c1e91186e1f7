import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import http2 from "node:http2";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { collect } from "./collect.fixture.ts";
import { errorName } from "./frames.ts";
import { type GeneratedRequest, generateRequest } from "./generate-requests.fixture.ts";
import { seeded } from "./peer.fixture.ts";
import { Session } from "./session.ts";
import type { Stream } from "./stream.ts";

const seed = Number(process.env.DIFFERENTIAL_SEED ?? 20_261_128);
const requests = Number(process.env.DIFFERENTIAL_REQUESTS ?? 1_500);

/** What a server understood: sent back as its reply. */
function understood(
  method: string,
  path: string,
  headers: Readonly<Record<string, unknown>>,
  body: Buffer,
  trailers: Readonly<Record<string, unknown>>,
): Buffer {
  const fields = Object.entries(headers).filter(([name]) => !name.startsWith(":"));
  const digest = createHash("sha1").update(body).digest("hex");
  const seen = { method, path, fields: fields.sort(), length: body.length, digest, trailers: { ...trailers } };
  return Buffer.from(JSON.stringify(seen));
}

/** Tells by the engine what it understood of each request. */
function serveByEngine(stream: Stream): void {
  const chunks: Buffer[] = [];
  stream.listen({
    data: chunk => chunks.push(chunk),
    ended: trailers => {
      const { method, path, headers } = stream.request as NonNullable<typeof stream.request>;
      const reply = understood(method, path, headers, Buffer.concat(chunks), trailers?.headers ?? {});
      stream.respond([":status", "200", "x-kind", "told"], undefined, method === "HEAD");
      stream.end(reply, ["x-end", "yes"]);
    },
    drained() {},
    closed: () => stream.settled(),
  });
  stream.resume();
}

/** The same by Node. */
function serveByNode(stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): void {
  const chunks: Buffer[] = [];
  let trailers: http2.IncomingHttpHeaders = {};
  stream.on("error", () => {});
  stream.on("trailers", fields => {
    trailers = fields;
  });
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => {
    if (stream.destroyed || stream.aborted) return;
    const method = String(headers[":method"]);
    const reply = understood(method, String(headers[":path"]), headers, Buffer.concat(chunks), trailers);
    if (method === "HEAD") {
      stream.respond({ ":status": 200, "x-kind": "told" }, { endStream: true });
      return;
    }
    stream.respond({ ":status": 200, "x-kind": "told" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-end": "yes" }));
    stream.end(reply);
  });
}

/** Our client's connection to a server, opened anew where a request has ended it. */
class Caller implements AsyncDisposable {
  readonly #server: Server | http2.Http2Server;
  #session: Session | undefined;

  constructor(server: Server | http2.Http2Server) {
    this.#server = server;
  }

  async call({ fields, parts, trailers, resets }: GeneratedRequest): Promise<unknown> {
    const { connection } = await this.#open();
    const { stream, reply } = collect(connection, fields);
    for (const part of parts) stream.write(part);
    if (resets) stream.reset();
    else stream.end(undefined, trailers);
    const { heads, body, trailers: end, end: ending } = await reply;
    if (resets) return "reset";
    if (ending.by !== "finished") return `${ending.by}: ${errorName(ending.code)}`;
    const { date: _, ...headers } = heads.at(-1)?.headers ?? {};
    const told: unknown = body.length > 0 && headers["x-kind"] === "told" ? JSON.parse(body.toString()) : body.length;
    return { status: heads.at(-1)?.status, headers: { ...headers }, told, trailers: { ...end?.headers } };
  }

  async #open(): Promise<Session> {
    if (this.#session?.connection.isOpen) return this.#session;
    const socket = connect((this.#server.address() as AddressInfo).port, "127.0.0.1");
    await once(socket, "connect");
    this.#session = new Session(false, socket, {});
    return this.#session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#session?.socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

async function listen<T extends Server | http2.Http2Server>(server: T): Promise<T> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const isRefused = (ours: unknown) => ours === "peer: PROTOCOL_ERROR";

/** The kinds of requests that both judge otherwise on purpose, and how the engine judges them. */
const intended: Readonly<Record<string, (ours: unknown) => boolean>> = {
  // nghttp2 leaves such fields out and goes on (RFC 9113 section 8.2.1: malformed).
  "a name with a blank": isRefused,
  "an empty name": isRefused,
  "a value with a line break": isRefused,
  "a value with NUL": isRefused,
  // nghttp2 trims them (RFC 9113 section 8.2.1: malformed).
  "a value with blanks around": isRefused,
  // Whoever routes by the one is not to be told another (RFC 9113 section 8.3.1).
  "a host that is not the authority": isRefused,
  // Node leaves expectations to the application (RFC 9110 section 10.1.1).
  "an expectation": ours => (ours as { status?: number }).status === 417,
};

test(`the engine and node:http2 understand ${requests} generated requests alike (seed ${seed})`, async t => {
  const below = seeded(seed);
  const engine = createServer({ noDelay: true }, socket => new Session(true, socket, { request: serveByEngine }));
  const node = http2.createServer().on("stream", serveByNode);
  await using ours = new Caller(await listen(engine));
  await using theirs = new Caller(await listen(node));
  const counts = new Map(Object.keys(intended).map(kind => [kind, 0]));
  for (let n = 0; n < requests; n++) {
    const request = generateRequest(below);
    const [one, other] = await Promise.all([ours.call(request), theirs.call(request)]);
    if (isDeepStrictEqual(one, other)) continue;
    const { kind } = request;
    if (intended[kind]?.(one)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    else assert.deepEqual(one, other, `request ${n}, ${kind}: ${JSON.stringify(request.fields)}`);
  }
  const different = [...counts.values()].reduce((sum, count) => sum + count);
  t.diagnostic(`${requests - different} of ${requests} replies are equal; different on purpose:`);
  for (const [kind, count] of counts) t.diagnostic(`${count} × ${kind}`);
  // What is never needed is to go from the list.
  if (requests >= 1_000) assert.ok([...counts.values()].every(count => count > 0));
});
