/**
 * The client under test of the public conformance suite: reads the calls to make from standard input, and tells on standard
 * output what came of each. Started by `connectconformance`. The first argument names the transport: `wire`, or `node` for
 * Connect's own.
 */

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import {
  compressionBrotli,
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { createClient } from "../../client/create-client.ts";
import { createBareWireTransport } from "../../client/wire/bare-transport.ts";
import { Links } from "../../client/wire/connections/links.ts";
import { limitConcurrency } from "../../protocol/concurrency.ts";
import { callAsTold } from "./client-calls.ts";
import { type ClientRequest, loadSchema } from "./schema.ts";

const protocols = { 1: "connect", 2: "grpc", 3: "grpc-web" } as const;
const encodings = { 2: "gzip", 3: "br" } as const;

const schema = loadSchema();
const requestType = schema.message("ClientCompatRequest");
const responseType = schema.message("ClientCompatResponse");
const makeTransport = process.argv[2] === "node" ? nodeTransport : wireTransport;

// More at once would miss the suite's deadlines where there are few cores.
const limit = limitConcurrency(8);
for await (const frame of frames(process.stdin)) {
  void limit(() => make(fromBinary(requestType, frame) as unknown as ClientRequest));
}

async function make(request: ClientRequest): Promise<void> {
  const { transport, close } = makeTransport(request);
  const client = createClient(schema.service, transport) as never;
  writeFrame(await outcome(request, () => callAsTold(schema, client, request)));
  close();
}

async function outcome({ testName }: ClientRequest, call: () => Promise<object>): Promise<Uint8Array> {
  try {
    const value = await call();
    return toBinary(responseType, create(responseType, { testName, result: { case: "response", value } } as never));
  } catch (error) {
    const value = { message: String((error as Error)?.stack ?? error) };
    return toBinary(responseType, create(responseType, { testName, result: { case: "error", value } } as never));
  }
}

interface Closable {
  readonly transport: Transport;
  close(): void;
}

function partsOf(request: ClientRequest) {
  const scheme = request.serverTlsCert.length > 0 ? "https" : "http";
  const text = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : Buffer.from(bytes).toString());
  return {
    baseUrl: `${scheme}://${request.host}:${request.port}`,
    protocol: protocols[request.protocol as 1 | 2 | 3],
    useBinaryFormat: request.codec === 1,
    useHttpGet: request.useGetHttpMethod,
    readMaxBytes: request.messageReceiveLimit || undefined,
    compressMinBytes: 0,
    jsonOptions: { registry: schema.registry },
    sendEncoding: encodings[request.compression as 2 | 3],
    tls: {
      ca: scheme === "https" ? text(request.serverTlsCert) : undefined,
      cert: text(request.clientTlsCreds?.cert),
      key: text(request.clientTlsCreds?.key),
    },
  };
}

function wireTransport(request: ClientRequest): Closable {
  const { tls, ...settings } = partsOf(request);
  const links = new Links({ origin: new URL(settings.baseUrl), ...tls });
  const transport = createBareWireTransport({ ...settings, interceptors: [] }, links);
  return { transport, close: () => links.close() };
}

function nodeTransport(request: ClientRequest): Closable {
  const { tls, protocol, sendEncoding, readMaxBytes, ...settings } = partsOf(request);
  const options = {
    ...settings,
    httpVersion: "2" as const,
    nodeOptions: tls,
    acceptCompression: [compressionGzip, compressionBrotli],
    ...(sendEncoding && { sendCompression: sendEncoding === "gzip" ? compressionGzip : compressionBrotli }),
    ...(readMaxBytes !== undefined && { readMaxBytes }),
  };
  const create = { connect: createConnectTransport, grpc: createGrpcTransport, "grpc-web": createGrpcWebTransport };
  return { transport: create[protocol](options as never), close() {} };
}

/** Each frame is four bytes of big-endian length, then the message. */
async function* frames(input: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of input) {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32BE()) {
      const end = 4 + bytes.readUInt32BE();
      yield bytes.subarray(4, end);
      bytes = bytes.subarray(end);
    }
  }
}

function writeFrame(message: Uint8Array): void {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  process.stdout.write(Buffer.concat([length, message]));
}
