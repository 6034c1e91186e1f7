import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { parseReport } from "../../bench/load/h2load.ts";
import { Greeter, type HelloReply, HelloReplySchema, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { makeCertificates, makeFolder } from "../support/certificates.ts";
import { startServer } from "../support/server.ts";

const requests = 400;
const message = toBinary(HelloRequestSchema, create(HelloRequestSchema, { name: "Ada" }));
const envelope = Buffer.concat([Buffer.of(0, 0, 0, 0, message.length), message]);

/** Calls, and how long the data of a reply to each is: over HTTP/2 the trailers of gRPC are none. */
const calls = {
  "Connect JSON": {
    type: "application/json",
    body: Buffer.from('{"name":"Ada"}'),
    replyLength: (reply: HelloReply) => toJsonString(HelloReplySchema, reply).length,
  },
  "Connect binary": { type: "application/proto", body: Buffer.from(message), replyLength: binaryLength },
  gRPC: { type: "application/grpc", body: envelope, replyLength: (reply: HelloReply) => 5 + binaryLength(reply) },
} as const;

function binaryLength(reply: HelloReply): number {
  return toBinary(HelloReplySchema, reply).length;
}

for (const secure of [false, true]) {
  for (const version of ["2", "1.1"] as const) {
    test(`h2load has every call answered over HTTP/${version} ${secure ? "by TLS" : "in clear text"}`, async t => {
      using made = await makeCertificates();
      using folder = makeFolder();
      await using server = await startServer(
        secure ? { TLS_CERT_FILE: made.certFile, TLS_KEY_FILE: made.keyFile } : {},
      );
      const url = `${secure ? "https" : "http"}://localhost:${server.port}/greeter.Greeter/SayHello`;
      const nodeOptions = { ca: made.authority.cert };
      const transport = createConnectTransport({ baseUrl: new URL("/", url).href, httpVersion: "1.1", nodeOptions });
      // Its time and the host's name are as long in all replies.
      const reply = await createClient(Greeter, transport).sayHello({ name: "Ada" });
      const shape = version === "2" ? ["-c4", "-m25"] : ["--h1", "-c20", "-m4"];
      for (const [name, { body, type, replyLength }] of Object.entries(calls)) {
        // Without HTTP/2 there are no trailers of gRPC.
        if (name === "gRPC" && version === "1.1") continue;
        await t.test(name, async () => {
          const file = folder.write("body", body);
          const headers = ["-H", `content-type: ${type}`, "-H", "te: trailers"];
          const args = [`-n${requests}`, ...shape, ...headers, "-d", file, url];
          const { stdout } = await promisify(execFile)("h2load", args);
          const { done, bad, dataBytes } = parseReport(stdout);
          assert.deepEqual(
            { done, bad, dataBytes },
            { done: requests, bad: 0, dataBytes: requests * replyLength(reply) },
          );
          // Without TLS there is nothing to agree on.
          if (secure) assert.match(stdout, version === "2" ? /^Application protocol: h2$/m : /protocol: http\/1\.1$/m);
        });
      }
    });
  }
}
