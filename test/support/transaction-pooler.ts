import { once } from "node:events";
import * as net from "node:net";
import { join } from "node:path";
import type { PostgresServer } from "./postgres.ts";

/** Types of messages: https://www.postgresql.org/docs/18/protocol-message-formats.html */
const READY = "Z".charCodeAt(0);
const IDLE = "I".charCodeAt(0);

/**
 * A pooler in transaction mode with one connection to the server, as PgBouncer is with `default_pool_size=1`: it greets clients
 * by itself, under numbers of its own for their processes, and each transaction, or statement outside of one, has the
 * connection for as long as it takes. Returns the port on loopback.
 */
export async function startTransactionPooler(
  server: PostgresServer,
  database: string,
): Promise<AsyncDisposable & { readonly port: number }> {
  const upstream = net.connect(join(server.socket, ".s.PGSQL.5432"));
  await once(upstream, "connect");
  upstream.write(startup({ user: "postgres", database }));
  await readyForQuery(upstream);

  const waiting: { readonly client: net.Socket; readonly bytes: Buffer }[] = [];
  let current: net.Socket | undefined;
  let processes = 900_000;
  const clients = new Set<net.Socket>();

  function next(): void {
    const turn = current === undefined ? waiting.shift() : undefined;
    if (turn === undefined) return;
    current = turn.client;
    upstream.write(turn.bytes);
  }
  upstream.on("data", (bytes: Buffer) => {
    current?.write(bytes);
    // The server's last word of a transaction: Z, its length, and I for "not in a transaction".
    if (bytes.at(-6) !== READY || bytes.at(-1) !== IDLE) return;
    current = undefined;
    next();
  });

  const listener = net.createServer(client => {
    clients.add(client);
    let greeted = false;
    client.on("error", () => {});
    client.on("data", (bytes: Buffer) => {
      if (bytes[0] === "X".charCodeAt(0)) client.end();
      else if (greeted && current === client) upstream.write(bytes);
      else if (greeted) {
        waiting.push({ client, bytes });
        next();
      } else {
        greeted = true;
        processes += 1;
        client.write(greeting(processes));
      }
    });
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    port: (listener.address() as net.AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy();
      upstream.destroy();
      listener.close();
      await once(listener, "close");
    },
  };
}

function startup(parameters: Readonly<Record<string, string>>): Buffer {
  const text = Object.entries(parameters).flat().join("\0");
  const body = Buffer.from(`${text}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + body.length);
  head.writeInt32BE(196_608, 4);
  return Buffer.concat([head, body]);
}

function greeting(process: number): Buffer {
  const key = Buffer.alloc(8);
  key.writeInt32BE(process);
  return Buffer.concat([message("R", Buffer.alloc(4)), message("K", key), message("Z", Buffer.from("I"))]);
}

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

async function readyForQuery(socket: net.Socket): Promise<void> {
  for (;;) {
    const [bytes] = (await once(socket, "data")) as [Buffer];
    if (bytes.at(-6) === READY && bytes.at(-1) === IDLE) return;
  }
}
