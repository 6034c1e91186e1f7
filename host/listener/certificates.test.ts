import assert from "node:assert/strict";
import { test } from "node:test";
import { makeCertificates } from "../../test/support/certificates.ts";
import { CertificateError, parseCertificates, readCertificates } from "./certificates.ts";

test("files that belong together are read", async () => {
  using made = await makeCertificates();
  const { cert, key, ca } = readCertificates({ ...made, clientCaFile: made.caFile });
  assert.deepEqual([cert, key, ca].map(String), [made.server.cert, made.server.key, made.authority.cert]);
});

test("a file that is missing, no PEM, or another's key is refused by its name", async () => {
  using made = await makeCertificates();
  const other = await made.authority.server(["localhost"]);
  const none = `${made.folder.path}/none.pem`;
  const text = made.folder.write("text.pem", "hello");
  const otherKey = made.folder.write("other-key.pem", other.key);
  for (const [files, message] of [
    [{ certFile: none }, `"${none}": cannot be read: ENOENT`],
    [{ keyFile: none }, `"${none}": cannot be read: ENOENT`],
    [{ certFile: text }, `"${text}": no certificate in PEM: `],
    [{ keyFile: text }, `"${text}": no private key in PEM without a passphrase: `],
    [{ keyFile: otherKey }, `"${otherKey}": not the private key of the certificate in "${made.certFile}"`],
    [{ clientCaFile: none }, `"${none}": cannot be read: ENOENT`],
    [{ clientCaFile: text }, `"${text}": no certificate in PEM: `],
  ] as const) {
    assert.throws(
      () => readCertificates({ certFile: made.certFile, keyFile: made.keyFile, ...files }),
      error => error instanceof CertificateError && error.message.startsWith(message),
      message,
    );
  }
});

test("text is checked as files are, and named by its option", async () => {
  using made = await makeCertificates();
  const { cert, key } = made.server;
  const other = await made.authority.server(["localhost"]);
  assert.deepEqual(String(parseCertificates({ cert, key, clientCa: made.authority.cert }).ca), made.authority.cert);
  for (const [text, message] of [
    [{ cert: "" }, "cert: no certificate in PEM: "],
    [{ key: cert }, "key: no private key in PEM without a passphrase: "],
    [{ key: other.key }, "key: not the private key of the certificate in cert"],
    [{ clientCa: "x" }, "clientCa: no certificate in PEM: "],
  ] as const) {
    assert.throws(
      () => parseCertificates({ cert, key, ...text }),
      error => error instanceof CertificateError && error.message.startsWith(message),
      message,
    );
  }
});
