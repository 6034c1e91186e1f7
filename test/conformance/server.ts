/**
 * The server under test of the public conformance suite: told on standard input what to serve, tells on standard output
 * where. Started by `connectconformance`, once per configuration. The first argument names the lane.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { createContextValues } from "@connectrpc/connect";
import { connectLane } from "../../server/lanes/connect-lane.ts";
import type { Lane } from "../../server/lanes/lane.ts";
import { createWireLane } from "../../server/lanes/wire-lane.ts";
import { listen } from "../lanes/listen.ts";
import { type CompatRequest, loadSchema } from "./schema.ts";
import { conformanceRoutes } from "./service.ts";

/** The suite's largest message without a limit is far below this. */
const defaultLimit = 64 * 1024 * 1024;

const schema = loadSchema();
const request = fromBinary(schema.message("ServerCompatRequest"), await readFrame()) as unknown as CompatRequest;
const lane: Lane = process.argv[2] === "connect" ? connectLane : createWireLane();

const server = await listen(
  app =>
    lane(app, {
      routes: conformanceRoutes(schema),
      interceptors: [],
      contextValues: () => createContextValues(),
      maxMessageBytes: request.messageReceiveLimit || defaultLimit,
      maxDeadlineMs: Number.MAX_SAFE_INTEGER,
      shutdownSignal: new AbortController().signal,
      express: { requestId: () => "" },
    }),
  { ...(lane.front && { front: lane.front }), tls: tlsOf(request), logger: { level: "error", stream: process.stderr } },
);
writeFrame(
  toBinary(
    schema.message("ServerCompatResponse"),
    create(schema.message("ServerCompatResponse"), {
      host: "127.0.0.1",
      port: server.port,
      pemCert: request.serverCreds?.cert,
    }),
  ),
);
process.once("SIGTERM", () => {
  void server[Symbol.asyncDispose]();
});

function tlsOf({ useTls, serverCreds, clientTlsCert }: CompatRequest) {
  if (!useTls || !serverCreds) return undefined;
  const own = { cert: Buffer.from(serverCreds.cert), key: Buffer.from(serverCreds.key) };
  if (clientTlsCert.length === 0) return own;
  return { ...own, ca: Buffer.from(clientTlsCert), requestCert: true, rejectUnauthorized: true };
}

/** Four bytes of big-endian length, then the message. */
async function readFrame(): Promise<Uint8Array> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of process.stdin) {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32BE()) break;
  }
  return bytes.subarray(4, 4 + bytes.readUInt32BE());
}

function writeFrame(message: Uint8Array): void {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  process.stdout.write(Buffer.concat([length, message]));
}
