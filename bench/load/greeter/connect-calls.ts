import { createClient as createConnectClient, type Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { createClient, createTransport } from "../../../client/index.ts";
import { createBareWireTransport } from "../../../client/wire/bare-transport.ts";
import { Links } from "../../../client/wire/connections/links.ts";
import { Greeter } from "../../../gen/greeter/greeter_pb.ts";
import { count, deadlineMs, type GreeterCalls, greetedAll, hello, underWay, whole } from "./calls.ts";

/** The clients with an interface like Connect's, each calling one server over gRPC. */
export const connectClients: Readonly<Record<string, (baseUrl: string) => GreeterCalls>> = {
  wire: baseUrl => callsOf(createClient, createTransport({ baseUrl, protocol: "grpc" })),
  "wire-bare"(baseUrl) {
    const settings = { baseUrl, protocol: "grpc", useBinaryFormat: true, interceptors: [] } as const;
    return callsOf(createClient, createBareWireTransport(settings, new Links({ origin: new URL(baseUrl) })));
  },
  "node-http2": baseUrl => callsOf(createClient, createTransport({ baseUrl, protocol: "grpc", transport: "node" })),
  "connect-node": baseUrl =>
    callsOf(createConnectClient, createGrpcTransport({ baseUrl, defaultTimeoutMs: deadlineMs })),
};

type Hello = typeof hello;

function callsOf(create: typeof createConnectClient, transport: Transport): GreeterCalls {
  const greeter = create(Greeter, transport);
  return {
    async unary(bytes) {
      return count((await greeter.sayHello({ name: "x".repeat(bytes) })).message);
    },
    async server(messages) {
      let came = 0;
      for await (const { message } of greeter.sayHelloStream({ name: "Ada", age: messages })) came += count(message);
      return whole(came, messages);
    },
    async client(messages) {
      async function* requests(): AsyncGenerator<Hello> {
        for (let sent = 0; sent < messages; sent++) yield hello;
      }
      return greetedAll((await greeter.sayHelloToMany(requests())).message, messages);
    },
    async bidi(messages) {
      let came = 0;
      let hasCome = () => {};
      async function* requests(): AsyncGenerator<Hello> {
        for (let sent = 0; sent < messages; sent++) {
          if (sent - came >= underWay) {
            await new Promise<void>(resolve => {
              hasCome = resolve;
            });
          }
          yield hello;
        }
      }
      for await (const { message } of greeter.chat(requests())) {
        came += count(message);
        hasCome();
      }
      return whole(came, messages);
    },
  };
}
