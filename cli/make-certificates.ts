import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
// The library finds its parts by decorators, whose metadata this provides; it comes first.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { makeFolder } from "../server/store/sqlite/make-folder.ts";

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** An authority that signs certificates for development and for tests. */
export interface Authority {
  /** Its own certificate, PEM: what clients are to trust. */
  readonly cert: string;
  /** A certificate for servers of these names and addresses. */
  server(names: readonly string[]): Promise<KeyPair>;
  /** A certificate that a client shows. */
  client(name: string): Promise<KeyPair>;
}

/** P-256 with ECDSA: known to every TLS library, and made in a millisecond. */
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** The longest life that browsers accept of a server's certificate: 398 days. */
const days = 398;

/** Creates an authority. Its key is kept nowhere, so that nobody can sign with it later. */
export async function makeAuthority(name: string): Promise<Authority> {
  x509.cryptoProvider.set(webcrypto as Crypto);
  const keys = await makeKeys();
  const issuer = [{ CN: [name] }];
  const validity = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + days * 86_400_000) };
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: issuer,
    keys,
    ...validity,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });

  async function sign(commonName: string, usage: x509.ExtendedKeyUsage, names: readonly string[]): Promise<KeyPair> {
    const own = await makeKeys();
    const alternatives = names.map(value => ({ type: isAddress(value) ? "ip" : "dns", value }) as const);
    const signed = await x509.X509CertificateGenerator.create({
      subject: [{ CN: [commonName] }],
      issuer: certificate.subject,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      ...validity,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
        ...(alternatives.length > 0 ? [new x509.SubjectAlternativeNameExtension(alternatives)] : []),
      ],
    });
    return { cert: `${signed.toString("pem")}\n`, key: await privatePem(own.privateKey) };
  }

  return {
    cert: `${certificate.toString("pem")}\n`,
    server: names => sign(names[0] ?? name, x509.ExtendedKeyUsage.serverAuth, names),
    client: commonName => sign(commonName, x509.ExtendedKeyUsage.clientAuth, []),
  };
}

function makeKeys() {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

async function privatePem(key: CryptoKey): Promise<string> {
  const bytes = await webcrypto.subtle.exportKey("pkcs8", key);
  return `${x509.PemConverter.encode(bytes, "PRIVATE KEY")}\n`;
}

function isAddress(name: string): boolean {
  return /^[\d.]+$|:/.test(name);
}

/** The names that a development server is called by. */
export const loopbackNames: readonly string[] = ["localhost", "127.0.0.1", "::1"];

/**
 * Writes an authority, a server's certificate for `names` and a client's into `folder`, keys readable by their owner
 * alone. Files of those names that are there already are replaced.
 */
export async function writeDevelopmentCertificates(folder: string, names = loopbackNames): Promise<void> {
  const authority = await makeAuthority("Concierge development");
  const server = await authority.server(names);
  const client = await authority.client("developer");
  makeFolder(folder, 0o700);
  for (const [file, text, mode] of [
    ["ca.pem", authority.cert, 0o644],
    ["server.pem", server.cert, 0o644],
    ["server-key.pem", server.key, 0o600],
    ["client.pem", client.cert, 0o644],
    ["client-key.pem", client.key, 0o600],
  ] as const) {
    // The mode applies to new files alone.
    rmSync(join(folder, file), { force: true });
    writeFileSync(join(folder, file), text, { mode });
  }
}
