import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { makeCertificates, makeFolder } from "../support/certificates.ts";
import { runCommand } from "../support/command-line.ts";
import { useCommandServer } from "../support/command-server.ts";
import { compileTexts, startForeignServer } from "../support/foreign-server.ts";
import { startServer, type TestServer } from "../support/server.ts";

const door = `syntax = "proto3"; package door; import "google/protobuf/empty.proto";
service Door { rpc Knock(google.protobuf.Empty) returns (google.protobuf.Empty); }`;

const cli = useCommandServer();
const { concierge } = cli;

test("a server that is not there is told with a hint, and UNAVAILABLE's exit code", async () => {
  const { exitCode, stderr } = await concierge("greet", "Ada", "--url", "localhost:1", "--no-retry");
  assert.equal(exitCode, 64 + 14);
  assert.match(stderr, /^error: UNAVAILABLE: .*ECONNREFUSED.*\n {2}hint: is the server running there\?/);
});

test("a connection that cannot be had is told with what to do about it", async () => {
  using certificates = await makeCertificates();
  const { authority, certFile, keyFile, caFile, folder } = certificates;
  const tls = { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile };
  const other = folder.write("other.pem", (await authority.client("other")).cert);
  const broken = folder.write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  await using secure = await startServer(tls);
  await using strict = await startServer({ ...tls, TLS_CLIENT_CA_FILE: caFile });
  const at = ({ port }: TestServer, scheme = "https") => ["--url", `${scheme}://localhost:${port}`];
  for (const [args, exitCode, message] of [
    [at(cli.server), 78, /hint: does the server speak TLS\? Without it, its URL begins with http:/],
    [at(secure, "http"), 78, /hint: does the server want TLS\? Its URL then begins with https:/],
    [at(secure), 78, /hint: name the authority that has signed its certificate with --ca/],
    [[...at(strict), "--ca", caFile], 78, /hint: the server wants to see a certificate/],
    [[...at(secure), "--ca", broken], 64, /^error: --ca ".*broken\.pem": /],
    [[...at(secure), "--cert", other, "--key", keyFile], 64, /^error: --cert .* with --key .*: key values mismatch\n/],
  ] as const) {
    const result = await concierge("greet", "Ada", "--no-retry", ...args);
    assert.match(result.stderr, message);
    assert.equal(result.exitCode, exitCode);
  }
});

test("headers reach the server, and the deadline ends a call", async () => {
  const id = "my-own-request-id";
  const [named, late] = await Promise.all([
    concierge("users", "get", "999", "--header", `x-request-id: ${id}`),
    concierge("greet", "--chat", "--deadline", "1ms"),
  ]);
  assert.match(named.stderr, new RegExp(`request id: ${id}\n`));
  assert.equal(late.exitCode, 64 + 4);
  assert.match(late.stderr, /hint: give it more time with --deadline/);
});

test("a server on a Unix domain socket is called by the socket's path", async () => {
  using folder = makeFolder();
  const files = await compileTexts({ "door.proto": door });
  const path = join(folder.path, "door.sock");
  await using server = await startForeignServer({ files, service: "door.Door", methods: { knock: () => ({}) }, path });
  for (const url of [`unix:${path}`, `unix://${path}`, "unix:door.sock"]) {
    const { stdout, stderr } = await runCommand(["call", "door.Door/Knock", "--url", url], { cwd: folder.path });
    assert.equal(stdout, "{}\n", stderr);
  }
  assert.ok(server.authorities.every(name => name === "localhost"));
  const run = (...args: string[]) => runCommand([...args, "--no-retry"], { cwd: folder.path });
  const [none, bad, tls, probe, noProbe] = await Promise.all([
    run("list", "--url", "unix:none.sock"),
    run("list", "--url", "unix://none.sock"),
    run("list", "--url", `unix:${path}`, "--ca", "ca.pem"),
    run("healthcheck", "--url", `unix:${path}`),
    run("healthcheck", "--url", "unix:none.sock"),
  ]);
  assert.match(
    none.stderr,
    /^error: UNAVAILABLE: cannot connect to unix:none\.sock: .*ENOENT.*\n {2}hint: is the server running/,
  );
  assert.match(bad.stderr, /^error: --url "unix:\/\/none\.sock" must be unix:\/path, unix:\/\/\/path or unix:path\n/);
  assert.match(tls.stderr, /^error: --url "unix:.*" is without TLS/);
  assert.deepEqual(
    [none, bad, tls, probe, noProbe].map(({ exitCode }) => exitCode),
    [78, 64, 64, 3, 2],
  );
});

test("many servers are called by a list of them, or by a name that they share", async () => {
  const { port } = cli.server;
  const [list, name, bad, probe] = await Promise.all([
    concierge("greet", "Ada", "--url", `localhost:1,localhost:${port}`),
    concierge("greet", "Ada", "--url", `dns:///localhost:${port}`),
    concierge("greet", "Ada", "--url", "dns://localhost"),
    concierge("healthcheck", "--url", `localhost:1,localhost:${port}`),
  ]);
  assert.match(list.stdout, /Hello, Ada!/, list.stderr);
  assert.match(name.stdout, /Hello, Ada!/, name.stderr);
  assert.match(bad.stderr, /^error: --url "dns:\/\/localhost" must be dns:\/\/\/HOST:PORT/);
  assert.match(probe.stderr, /^error: healthcheck asks one server, and --url ".*" stands for many\n/);
  assert.deepEqual(
    [list, name, bad, probe].map(({ exitCode }) => exitCode),
    [0, 0, 64, 1],
  );
});

test("--authority is the name that a server is called by, over TLS the one of its certificate", async () => {
  const files = await compileTexts({ "door.proto": door });
  await using server = await startForeignServer({ files, service: "door.Door", methods: { knock: () => ({}) } });
  for (const protocol of ["connect", "grpc", "grpc-web"]) {
    const args = ["call", "door.Door/Knock", "--url", server.address, "--protocol", protocol];
    const { stdout, stderr } = await runCommand([...args, "--authority", `${protocol}.example.com`]);
    assert.equal(stdout, "{}\n", stderr);
    assert.equal(server.authorities.at(-1), `${protocol}.example.com`);
  }
  using certificates = await makeCertificates();
  const tls = await certificates.authority.server(["door.example.com"]);
  await using secure = await startForeignServer({ files, service: "door.Door", methods: { knock: () => ({}) }, tls });
  const knock = (...args: string[]) => {
    const at = ["--url", `https://${secure.address}`, "--ca", certificates.caFile, "--no-retry"];
    return runCommand(["call", "door.Door/Knock", ...at, ...args]);
  };
  const [named, unnamed, wrong] = await Promise.all([
    knock("--authority", "door.example.com"),
    knock(),
    knock("--authority", "a b"),
  ]);
  assert.equal(named.stdout, "{}\n", named.stderr);
  assert.match(unnamed.stderr, /hint: name the server in --url as its certificate does, or with --authority\n/);
  assert.match(wrong.stderr, /^error: .*authority "a b" is not a host or host:port\n/);
  assert.deepEqual(
    [named, unnamed, wrong].map(({ exitCode }) => exitCode),
    [0, 78, 64],
  );
});
