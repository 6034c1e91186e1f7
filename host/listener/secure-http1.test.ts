import assert from "node:assert/strict";
import { once } from "node:events";
import type * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import * as tls from "node:tls";
import { makeCertificates, type TestCertificates } from "../../test/support/certificates.ts";
import { readToClose, startPort } from "../../test/support/port.ts";

let made: TestCertificates;
before(async () => {
  made = await makeCertificates();
});
after(() => made[Symbol.dispose]());

/** More than the sockets of both ends hold. */
const longAnswer = Buffer.alloc(16_000_000);

/** Its body takes several TLS records (RFC 8446 section 5.1: 16 KiB at most). */
const secondRequest = `POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 40000\r\n\r\n${"x".repeat(40_000)}`;

/** Sends a request, and while its answer is on the way another; reads when that one has come. Tells how many bytes come. */
async function sendTwoRequests(server: { port: number; secondCame: Promise<unknown> }): Promise<number> {
  const options = { host: "127.0.0.1", port: server.port, ca: made.authority.cert };
  const socket = tls.connect({ ...options, ALPNProtocols: ["http/1.1"] });
  await once(socket, "secureConnect");
  socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await once(socket, "readable");
  socket.write(secondRequest);
  await server.secondCame;
  return (await readToClose(socket)).length;
}

/** A handler with a long answer, and a promise of the second request. */
function answerTwice() {
  const secondCame = Promise.withResolvers<void>();
  function handler(request: http.IncomingMessage, response: http.ServerResponse) {
    if (request.method === "POST") secondCame.resolve();
    request.resume().on("end", () => response.end(longAnswer));
  }
  return { handler, secondCame: secondCame.promise };
}

test("a request that arrives while the answer before it is still being sent is served", async () => {
  const { handler, secondCame } = answerTwice();
  await using server = await startPort({ tls: made }, handler);
  assert.ok((await sendTwoRequests({ port: server.number, secondCame })) > 2 * longAnswer.length);
});

test("Node's own HTTPS server fails such a request: it pauses its parser, and the TLS handle goes on", async () => {
  const { handler, secondCame } = answerTwice();
  const server = https.createServer(made.server, handler);
  const failed = once(server, "clientError") as Promise<[Error, tls.TLSSocket]>;
  await once(server.listen(0, "127.0.0.1"), "listening");
  const sent = sendTwoRequests({ port: (server.address() as AddressInfo).port, secondCame });
  const [error, socket] = await failed;
  assert.match(error.message, /Paused/);
  socket.destroy();
  await sent;
  server.close();
});
