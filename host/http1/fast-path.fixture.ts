import { createServer, type Server } from "node:http";
import { duplexPair } from "node:stream";
import { HandClock } from "../../http2/clock.ts";
import type { RequestHead } from "../../http2/request-head.ts";
import type { StreamEvents } from "../../http2/stream-events.ts";
import { http1Options } from "../listener/http-options.ts";
import { defaultLimits } from "../listener/limits.ts";
import type { Http1Events } from "./events.ts";
import { Http1Session } from "./session.ts";
import type { Http1Stream } from "./stream.ts";

/** The path of the RPC that is served on the fast path. */
export const path = "/a.B/C";

/** The request that ends a connection: no RPC, so it is node:http's, whatever came before. */
export const last = "GET /last HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

/** A request as it was understood. */
export interface Understood {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** What came of a connection. */
export interface Outcome {
  readonly served: readonly Understood[];
  /** How many of them took the fast path; they are the first. */
  readonly fast: number;
  /** Bytes that node:http was handed with the connection; undefined where it was not. */
  readonly handed: number | undefined;
  /** The statuses of all responses. */
  readonly statuses: readonly string[];
}

/** A server of Node's that tells what it understood. */
export function createNode(understood: (request: Understood) => void): Server {
  return createServer(http1Options(defaultLimits), (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", chunk => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers, rawHeaders } = request;
      const body = Buffer.concat(chunks).toString("latin1");
      understood({ method, path: url, headers: { ...headers }, rawHeaders, body });
      response.end("node");
    });
    request.on("error", () => {});
  });
}

/** Collects a request on the fast path, and calls `done` once its body is complete. */
export function collect(stream: Http1Stream, done: (request: Understood) => void): StreamEvents {
  const chunks: Buffer[] = [];
  return {
    data: chunk => chunks.push(chunk),
    ended() {
      const { method, path, headers, rawHeaders } = stream.request;
      done({ method, path, headers: { ...headers }, rawHeaders, body: Buffer.concat(chunks).toString("latin1") });
    },
    drained() {},
    closed() {},
  };
}

/** Whether the fast path takes a request: by its path alone, of a GET without its query. */
export function takes(head: RequestHead): boolean {
  return (head.method === "GET" ? head.path.split("?")[0] : head.path) === path;
}

/** Turns of the event loop after which nothing more comes of what was written: both sides are in this process. */
const turnsToRest = 20;

/** What comes of bytes that are written in these parts, with the fast path in front of node:http or without it. */
export async function outcomeOf(parts: readonly Uint8Array[], withFastPath: boolean): Promise<Outcome> {
  const served: Understood[] = [];
  let fast = 0;
  let handed: number | undefined;
  let output = "";
  const node = createNode(request => served.push(request));
  const clock = new HandClock();
  const [client, server] = duplexPair();
  client.setEncoding("latin1").on("data", text => {
    output += text;
  });
  if (!withFastPath) node.emit("connection", server);
  else {
    const events: Http1Events = {
      takes,
      request(stream) {
        fast++;
        const events = collect(stream, request => {
          served.push(request);
          stream.respond([":status", "200"]);
          stream.end(Buffer.from("fast"));
        });
        stream.listen(events);
        stream.resume();
      },
      handOver(socket) {
        handed = socket.readableLength;
        node.emit("connection", socket);
      },
    };
    new Http1Session(server, events, { clock });
  }
  for (const part of parts) {
    if (!client.destroyed) client.write(part);
    await turns(1);
  }
  await turns(turnsToRest);
  // A head that is not whole is handed over once its rest was waited for.
  clock.advance(2000);
  await turns(turnsToRest);
  client.destroy();
  server.destroy();
  node.close();
  return { served, fast, handed, statuses: output.match(/HTTP\/1\.1 \d{3}/g) ?? [] };
}

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await new Promise(resolve => setImmediate(resolve));
}
