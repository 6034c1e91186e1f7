// The library finds its parts by decorators, whose metadata this provides; it comes first.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

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

/** Makes an authority with a key that is kept nowhere: nobody can sign by it later. */
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
