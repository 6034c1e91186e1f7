import assert from "node:assert/strict";
import { test } from "node:test";
import { makeCertificates } from "../support/certificates.ts";
import { useCommandServer } from "../support/command-server.ts";
import { startServer, type TestServer } from "../support/server.ts";

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
