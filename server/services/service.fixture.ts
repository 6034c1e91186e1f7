import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { DescService } from "@bufbuild/protobuf";
import {
  type Client,
  Code,
  ConnectError,
  type ConnectRouter,
  createClient,
  createContextValues,
  type Transport,
} from "@connectrpc/connect";
import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { createValidateInterceptor } from "@connectrpc/validate";
import { fastify } from "fastify";
import { anybody, callerKey } from "../../host/auth/caller.ts";
import { createDirectory, type Directory } from "../directory/directory.ts";
import { createFeed, type Feed } from "../directory/feed/feed.ts";
import { openStore } from "../store/open-store.ts";
import type { FeedServiceOptions } from "./feed-options.ts";

/** A server on a free port with the demo users, as a test sees it. */
export interface Served {
  readonly url: string;
  readonly directory: Directory;
  readonly feed: Feed;
  readonly grpc: Transport;
  /** Connect with JSON, and GET where a method has no side effects. */
  readonly json: Transport;
}

/** Serves what the routes mount until the test ends, with the demo users where the database is new. */
export async function serve(
  t: TestContext,
  routes: (router: ConnectRouter, directory: Directory, options: FeedServiceOptions) => void,
  database = "sqlite::memory:",
): Promise<Served> {
  const store = await openStore(database);
  const directory = createDirectory({ store });
  await directory.addDemoUsers();
  const caps = { maxSubscribers: 1000, maxSubscribersPerCaller: 1000 };
  const feed = createFeed({ store, bookmarkIntervalMs: 3_600_000, ...caps });
  const app = fastify({ http2: true });
  await app.register(fastifyConnectPlugin, {
    routes: router => routes(router, directory, { feed }),
    interceptors: [createValidateInterceptor()],
    contextValues: () => createContextValues().set(callerKey, anybody),
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const sessions = new Set<{ destroy(): void }>();
  app.server.on("session", session => sessions.add(session));
  t.after(async () => {
    for (const session of sessions) session.destroy();
    await app.close();
    await store.close();
  });
  const grpc = createGrpcTransport({ baseUrl: url });
  const json = createConnectTransport({ baseUrl: url, httpVersion: "2", useHttpGet: true });
  return { url, directory, feed, grpc, json };
}

/** Returns a client of one service for each transport. */
export function clients<S extends DescService>(service: S, { grpc, json }: Served): Client<S>[] {
  return [createClient(service, grpc), createClient(service, json)];
}

/** Asserts that a call fails with a code and a text, and returns the error. */
export async function fails(call: Promise<unknown>, code: Code, message: string | RegExp): Promise<ConnectError> {
  const error = await call.then(
    () => assert.fail(`succeeds instead of ${Code[code]}`),
    (reason: unknown) => ConnectError.from(reason),
  );
  assert.equal(Code[error.code], Code[code], error.message);
  if (typeof message === "string") assert.equal(error.rawMessage, message);
  else assert.match(error.rawMessage, message);
  return error;
}

/** Answers messages as a client sends them. */
export async function* send<T>(...messages: T[]): AsyncGenerator<T> {
  yield* messages;
}
