import type { AddressInfo } from "node:net";
import { fastify } from "fastify";
import { greetPlainly } from "./greeter-work.ts";
import { announce } from "./report.ts";

/** The Greeter as one writes it without RPC: a route, schemas for its body and its reply, JSON over HTTP/1.1. */
const text = { type: "string" } as const;
const app = fastify();
app.post<{ Body: { name?: string; age?: number } }>(
  "/greeter.Greeter/SayHello",
  {
    schema: {
      body: { type: "object", properties: { name: text, age: { type: "integer" } } },
      response: { 200: { type: "object", properties: { message: text, timestamp: text, serverId: text } } },
    },
  },
  async ({ body: { name = "", age = 0 } }) => greetPlainly(name, age),
);
await app.listen({ host: "127.0.0.1", port: 0 });
announce((app.server.address() as AddressInfo).port);
