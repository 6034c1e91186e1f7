import { type Client, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { ConsoleService, type OpenResponse } from "../../gen/concierge/console/v1/console_pb.ts";

/** A call that is relayed, as a page sees it. */
export interface RelayedCall extends AsyncDisposable {
  readonly session: string;
  /** The request's headers, as the server shows them. */
  readonly headers: Readonly<Record<string, string>>;
  /** The next event; throws what Open ended with, or where it is over. */
  next(): Promise<OpenResponse["event"]>;
  /** The next bytes of the reply's body. */
  body(): Promise<Buffer>;
  /** All events that are left. */
  rest(): Promise<OpenResponse["event"][]>;
  send(body: Uint8Array, halfClose?: boolean): Promise<{ over: boolean }>;
  cancel(): Promise<unknown>;
}

/** What a call is opened with. */
export interface RelayOptions {
  readonly path: string;
  readonly contentType?: string;
  readonly timeoutMs?: number;
  readonly headers?: Record<string, string>;
}

/** The console of a server, over a connection of its own. */
export function consoleAt(baseUrl: string): Client<typeof ConsoleService> {
  return createClient(ConsoleService, createConnectTransport({ baseUrl, httpVersion: "1.1" }));
}

/** Opens a call. Rejects with what the relay refuses it with. */
export async function openCall(console: Client<typeof ConsoleService>, options: RelayOptions): Promise<RelayedCall> {
  const { path, contentType = "application/grpc+proto", timeoutMs = 0, headers = {} } = options;
  const leave = new AbortController();
  const events = console.open({ path, contentType, timeoutMs }, { headers, signal: leave.signal });
  const iterator = events[Symbol.asyncIterator]();
  async function next() {
    const { done, value } = await iterator.next();
    if (done) throw new Error("the call is over");
    return value.event;
  }
  const first = await next();
  if (first.case !== "opened") throw new Error(`opened, not ${first.case}`);
  const { session, headers: sent } = first.value;
  return {
    session,
    headers: fieldsOf(sent),
    next,
    async body() {
      const event = await next();
      if (event.case !== "body") throw new Error(`body, not ${event.case}`);
      return Buffer.from(event.value);
    },
    async rest() {
      const rest: OpenResponse["event"][] = [];
      for (let item = await iterator.next(); !item.done; item = await iterator.next()) rest.push(item.value.event);
      return rest;
    },
    send: (body, halfClose = false) => console.send({ session, body, halfClose }, { headers }),
    cancel: () => console.send({ session, cancel: true }, { headers }),
    async [Symbol.asyncDispose]() {
      leave.abort();
      await iterator.next().catch(() => undefined);
    },
  };
}

/** Headers or trailers by their names. */
export function fieldsOf(list: readonly { readonly name: string; readonly value: string }[]): Record<string, string> {
  return Object.fromEntries(list.map(({ name, value }) => [name, value]));
}
