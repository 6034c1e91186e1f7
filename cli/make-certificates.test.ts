import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { readCertificates } from "../host/listener/certificates.ts";
import { makeFolder } from "../test/support/certificates.ts";
import { writeDevelopmentCertificates } from "./make-certificates.ts";

test("the certificates are signed by the authority, for this machine, and the server takes them", async () => {
  using folder = makeFolder();
  await writeDevelopmentCertificates(folder.path);
  const [ca, server, client] = ["ca", "server", "client"].map(
    name => new X509Certificate(readFileSync(`${folder.path}/${name}.pem`)),
  );
  assert.ok(ca && server && client);
  for (const certificate of [server, client]) {
    assert.ok(certificate.checkIssued(ca));
    assert.ok(certificate.verify(ca.publicKey));
    assert.ok(!certificate.ca);
  }
  assert.ok(ca.ca);
  assert.equal(server.checkHost("localhost"), "localhost");
  for (const address of ["127.0.0.1", "::1"]) assert.equal(server.checkIP(address), address);
  const [certFile, keyFile] = [`${folder.path}/server.pem`, `${folder.path}/server-key.pem`];
  readCertificates({ certFile, keyFile, clientCaFile: `${folder.path}/ca.pem` });
});

test("keys are readable by their owner alone", async () => {
  using folder = makeFolder();
  folder.write("server-key.pem", "readable by everybody until now");
  await writeDevelopmentCertificates(folder.path);
  for (const name of ["server-key.pem", "client-key.pem"]) {
    assert.equal(statSync(`${folder.path}/${name}`).mode & 0o777, 0o600, name);
  }
});
