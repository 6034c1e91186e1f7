import assert from "node:assert/strict";
import { test } from "node:test";
import { makeCertificates } from "../support/certificates.ts";
import { runCommand, startCommand } from "../support/command-line.ts";
import { frame, types } from "../support/frames.ts";
import { freePort } from "../support/free-port.ts";
import { startServer } from "../support/server.ts";
import { startTcp } from "../support/tcp-server.ts";

const codeOf = async (...args: string[]) => (await runCommand(["healthcheck", ...args])).exitCode;

test("the exit code of a health check is that of grpc_health_probe", async () => {
  await using server = await startServer();
  const url = `--url=${server.baseUrl}`;
  // Takes connections and says nothing.
  await using silent = await startTcp(() => {});

  // Speaks HTTP/2, and answers no call.
  await using slow = await startTcp(socket => {
    socket.write(frame(types.settings, 0, 0));
    socket.resume();
  });

  const codes = await Promise.all([
    codeOf(url),
    codeOf("greeter.Greeter", url, "--protocol", "grpc"),
    codeOf(url, "--no-such-option"),
    codeOf("--url", "ftp://host"),
    codeOf("--url", `localhost:1`),
    codeOf("--url", `https://127.0.0.1:${server.port}`),
    codeOf("no.such.Service", url),
    codeOf("--url", silent.baseUrl, "--deadline", "300ms"),
  ]);
  assert.deepEqual(codes, [0, 0, 1, 1, 2, 2, 3, 2]);
  // Alone, as the connection has to be there within a second for the server to count as slow.
  assert.equal(await codeOf("--url", slow.baseUrl, "--deadline", "300ms"), 3);

  server.app.health.shutdown();
  const { exitCode, stdout, stderr } = await runCommand(["healthcheck", url]);
  assert.deepEqual([exitCode, stdout, stderr], [4, '{"service":"","status":"NOT_SERVING"}\n', ""]);
  assert.equal(await codeOf(url, "--wait", "2s"), 4);
});

test("--wait waits until the server is there, and no longer than it may", async () => {
  const port = String(await freePort());
  await using waiting = startCommand(["healthcheck", "--url", `127.0.0.1:${port}`, "--wait", "30s"]);
  await using _ = await startServer({ PORT: port, HOST: "127.0.0.1" });
  assert.equal((await waiting.ended).exitCode, 0, waiting.output.stderr);
  assert.equal(await codeOf("--url", "localhost:1", "--wait", "200ms"), 2);
});

test("Ctrl-C ends the waiting with 130", async () => {
  const asked = Promise.withResolvers<void>();
  await using silent = await startTcp(() => asked.resolve());
  await using waiting = startCommand(["healthcheck", "--url", silent.baseUrl, "--wait", "30s"]);
  await asked.promise;
  waiting.child.kill("SIGINT");
  const { exitCode, stderr } = await waiting.ended;
  assert.deepEqual([exitCode, stderr], [130, ""]);
});

test("TLS and client certificates come from files, and a bare address means https with them", async () => {
  using certificates = await makeCertificates();
  const { authority, certFile, keyFile, caFile, folder } = certificates;
  const person = await authority.client("person");
  const cert = folder.write("client.pem", person.cert);
  const key = folder.write("client-key.pem", person.key);
  await using server = await startServer({
    TLS_CERT_FILE: certFile,
    TLS_KEY_FILE: keyFile,
    TLS_CLIENT_CA_FILE: caFile,
  });
  const url = ["--url", `localhost:${server.port}`];
  const codes = await Promise.all([
    codeOf(...url, "--ca", caFile, "--cert", cert, "--key", key),
    codeOf("--url", `https://localhost:${server.port}`, "--cert", cert, "--key", key),
    codeOf("--url", `http://localhost:${server.port}`, "--ca", caFile),
    codeOf(...url, "--ca", keyFile.replace("server-key", "none")),
  ]);
  assert.deepEqual(codes, [0, 2, 1, 1]);
});
