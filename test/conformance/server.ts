/**
 * The server under test of the public conformance suite: told on standard input what to serve, tells on standard output
 * where. Started by `connectconformance`, once per configuration. The first argument names the lane, the second what serves
 * HTTP: `engine`, `node`, or `fresh`, our engine with a connection for each request over HTTP/1.1.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { pino } from "pino";
import { createHost } from "../../host/host.ts";
import { type CompatRequest, loadSchema } from "./schema.ts";
import { conformanceRoutes } from "./service.ts";

/** The suite's largest message without a limit is far below this. */
const defaultLimit = 64 * 1024 * 1024;

/** Longer than any run: the time in which a host serves on, and asks clients over HTTP/1.1 to come by other connections. */
const leavingMs = 3_600_000;

const schema = loadSchema();
const request = fromBinary(schema.message("ServerCompatRequest"), await readFrame()) as unknown as CompatRequest;
const folder = mkdtempSync(join(tmpdir(), "concierge-conformance-"));

const host = await createHost({
  services: [{ service: schema.service, needs: [], mount: conformanceRoutes(schema) }],
  lane: process.argv[2] === "connect" ? "connect" : "wire",
  httpEngine: process.argv[3] === "node" ? "node" : "engine",
  reflection: "off",
  log: pino({ level: "error" }, process.stderr),
  maxMessageBytes: request.messageReceiveLimit || defaultLimit,
  maxDeadlineMs: Number.MAX_SAFE_INTEGER,
  shutdownDelayMs: leavingMs,
  shutdownGraceMs: 0,
  tls: tlsOf(request),
});
const [address] = await host.listen({ host: "127.0.0.1", port: 0 });
writeFrame(
  toBinary(
    schema.message("ServerCompatResponse"),
    create(schema.message("ServerCompatResponse"), {
      host: "127.0.0.1",
      port: address?.port,
      pemCert: request.serverCreds?.cert,
    }),
  ),
);
// A connection that was handed over stays with node:http: on one of its own each request comes to the fast path first.
if (process.argv[3] === "fresh" && request.httpVersion === 1) host.close();
await once(process, "SIGTERM");
host.abort();
await host.close();
rmSync(folder, { recursive: true });

function tlsOf({ useTls, serverCreds, clientTlsCert }: CompatRequest) {
  if (!useTls || !serverCreds) return undefined;
  const files = {
    certFile: write("cert.pem", serverCreds.cert),
    keyFile: write("key.pem", serverCreds.key),
    clientCaFile: clientTlsCert.length === 0 ? undefined : write("client-ca.pem", clientTlsCert),
  };
  return { ...files, onReload() {} };
}

function write(name: string, content: Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content, { mode: 0o600 });
  return file;
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
