import { freePort } from "../support/free-port.ts";
import { type ProxyName, startProxy } from "../support/proxy.ts";

/** A proxy in front of one server. */
export interface Front extends AsyncDisposable {
  /** Where it speaks HTTP/1.1. */
  readonly port: number;
  /** Where it speaks HTTP/2: the same port, unless its file tells the versions apart by ports. */
  readonly http2Port: number;
}

/** Runs a proxy on free ports in front of a server; `more` replaces further text of its file. */
export async function startFront(
  name: ProxyName,
  serverPort: number,
  more: Readonly<Record<string, string>> = {},
): Promise<Front> {
  const port = await freePort();
  const http2Port = name === "nginx" ? await freePort() : port;
  const changes = new Map([
    ["127.0.0.1:8080", `127.0.0.1:${port}`],
    ["127.0.0.1:50051", `127.0.0.1:${serverPort}`],
    ...Object.entries(more),
  ]);
  if (name === "nginx") changes.set("127.0.0.1:8081", `127.0.0.1:${http2Port}`);
  // Both servers of that file are this one.
  if (name === "haproxy") changes.set("127.0.0.1:50052", `127.0.0.1:${serverPort}`);
  const proxy = await startProxy(name, changes);
  return { port, http2Port, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() };
}
