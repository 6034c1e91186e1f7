import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, unwatchFile, watchFile } from "node:fs";
import { createSecureContext } from "node:tls";

/** Certificates as PEM text. */
export interface CertificateText {
  /** The server's certificate, and after it those between it and the root. */
  readonly cert: string;
  /** The certificate's private key, without a passphrase. */
  readonly key: string;
  /** Authorities of which a client must show a certificate; without them none is asked for. */
  readonly clientCa?: string | undefined;
}

/** Where the certificates lie, as PEM. */
export interface CertificateFiles {
  /** The server's certificate, and after it those between it and the root. */
  readonly certFile: string;
  /** The certificate's private key, without a passphrase. */
  readonly keyFile: string;
  /** Authorities of which a client must show a certificate; without them none is asked for. */
  readonly clientCaFile?: string | undefined;
}

/** The files' contents, fit for `tls.createServer` and `setSecureContext`. */
export interface Certificates {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
}

/** A file that is no certificate, no key, or not there; the text names it. */
export class CertificateError extends Error {
  override readonly name = "CertificateError";
}

/** Reads the files and checks that they belong together. Throws `CertificateError`. */
export function readCertificates({ certFile, keyFile, clientCaFile }: CertificateFiles): Certificates {
  const names = { cert: `"${certFile}"`, key: `"${keyFile}"`, ca: `"${clientCaFile}"` };
  return checked(read(certFile), read(keyFile), clientCaFile === undefined ? undefined : read(clientCaFile), names);
}

/** Checks that the texts are certificates that belong together. Throws `CertificateError`. */
export function parseCertificates({ cert, key, clientCa }: CertificateText): Certificates {
  const ca = clientCa === undefined ? undefined : Buffer.from(clientCa);
  return checked(Buffer.from(cert), Buffer.from(key), ca, { cert: "cert", key: "key", ca: "clientCa" });
}

function checked(
  cert: Buffer,
  key: Buffer,
  ca: Buffer | undefined,
  names: Readonly<Record<keyof Certificates, string>>,
): Certificates {
  const certificate = check(names.cert, "no certificate in PEM", () => new X509Certificate(cert));
  const privateKey = check(names.key, "no private key in PEM without a passphrase", () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new CertificateError(`${names.key}: not the private key of the certificate in ${names.cert}`);
  }
  check(names.cert, "not fit for TLS", () => createSecureContext({ cert, key }));
  if (ca === undefined) return { cert, key };
  check(names.ca, "no certificate in PEM", () => new X509Certificate(ca));
  return { cert, key, ca };
}

/**
 * Calls `changed` whenever a file may have changed, until `signal` aborts. Looks at where each name leads, every
 * `intervalMs`: file events get lost where directories behind symlinks are swapped, as Kubernetes does, and on
 * network file systems.
 */
export function watchCertificates(
  { certFile, keyFile, clientCaFile }: CertificateFiles,
  intervalMs: number,
  signal: AbortSignal,
  changed: () => void,
): void {
  for (const file of [certFile, keyFile, ...(clientCaFile === undefined ? [] : [clientCaFile])]) {
    watchFile(file, { interval: intervalMs, persistent: false }, changed);
    signal.addEventListener("abort", () => unwatchFile(file, changed), { once: true });
  }
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CertificateError(`"${file}": cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function check<T>(name: string, problem: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new CertificateError(`${name}: ${problem}: ${(error as Error).message}`, { cause: error });
  }
}
