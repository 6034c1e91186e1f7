/**
 * Calls a greeter over gRPC for a while, and prints how many replies came a second. Arguments: the client, `unary` or
 * `stream`, the port, how many calls are in flight, bytes of a name or messages of a stream, and seconds. One process a
 * client, so that none has another's garbage to collect.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { createClient as createConnectClient, type Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import grpc from "@grpc/grpc-js";
import { createClient, createTransport } from "../../client/index.ts";
import { createBareWireTransport } from "../../client/wire/bare-transport.ts";
import { Links } from "../../client/wire/connections/links.ts";
import { Greeter, HelloReplySchema, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";

/** Makes a call; resolves with how many messages came. */
type Work = () => Promise<number>;

/** The default of all that have one. */
const deadlineMs = 10_000;

const [client = "", kind = "", port = "", inFlight = "", amount = "", seconds = ""] = process.argv.slice(2);
const baseUrl = `http://127.0.0.1:${port}`;
const isUnary = kind === "unary";
/** A stream is as long as the age says. */
const hello = isUnary ? { name: "x".repeat(Number(amount)) } : { name: "Ada", age: Number(amount) };

const transports: Readonly<Record<string, () => Transport>> = {
  wire: () => createTransport({ baseUrl, protocol: "grpc" }),
  "wire-bare": () => {
    const links = new Links({ origin: new URL(baseUrl) });
    return createBareWireTransport({ baseUrl, protocol: "grpc", useBinaryFormat: true, interceptors: [] }, links);
  },
  "node-http2": () => createTransport({ baseUrl, protocol: "grpc", transport: "node" }),
  "connect-node": () => createGrpcTransport({ baseUrl, defaultTimeoutMs: deadlineMs }),
};

function connectWork(transport: Transport): Work {
  const greeter = (client === "connect-node" ? createConnectClient : createClient)(Greeter, transport);
  if (isUnary) return async () => count((await greeter.sayHello(hello)).message);
  return async () => {
    let messages = 0;
    for await (const { message } of greeter.sayHelloStream(hello)) messages += count(message);
    return messages;
  };
}

function grpcJsWork(): Work {
  const caller = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const serialize = (init: typeof hello) => Buffer.from(toBinary(HelloRequestSchema, create(HelloRequestSchema, init)));
  const parse = (bytes: Buffer) => fromBinary(HelloReplySchema, bytes).message;
  const options = () => ({ deadline: Date.now() + deadlineMs });
  if (!isUnary) {
    return async () => {
      let messages = 0;
      const path = "/greeter.Greeter/SayHelloStream";
      const replies = caller.makeServerStreamRequest(path, serialize, parse, hello, options());
      for await (const message of replies) messages += count(message as string);
      return messages;
    };
  }
  return () =>
    new Promise((resolve, reject) => {
      caller.makeUnaryRequest("/greeter.Greeter/SayHello", serialize, parse, hello, options(), (error, message) => {
        if (error) reject(error);
        else resolve(count(message ?? ""));
      });
    });
}

function count(message: string): number {
  if (!message.startsWith("Hello")) throw new Error(`"${message}" is no greeting`);
  return 1;
}

/** Keeps calls in flight for a time; returns replies a second. */
async function run(work: Work, forSeconds: number): Promise<number> {
  const begin = performance.now();
  const end = begin + forSeconds * 1000;
  let replies = 0;
  async function keepOne() {
    while (performance.now() < end) {
      const came = await work();
      replies += came;
    }
  }
  await Promise.all(Array.from({ length: Number(inFlight) }, keepOne));
  return replies / ((performance.now() - begin) / 1000);
}

const makeTransport = transports[client];
const work = makeTransport ? connectWork(makeTransport()) : grpcJsWork();
await run(work, Math.min(1, Number(seconds)));
process.stdout.write(`${Math.round(await run(work, Number(seconds)))}\n`, () => process.exit());
