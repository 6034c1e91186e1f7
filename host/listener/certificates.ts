import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, unwatchFile, watchFile } from "node:fs";
import { createSecureContext } from "node:tls";

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
  const cert = read(certFile);
  const key = read(keyFile);
  const certificate = check(certFile, "no certificate in PEM", () => new X509Certificate(cert));
  const privateKey = check(keyFile, "no private key in PEM without a passphrase", () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new CertificateError(`"${keyFile}": not the private key of the certificate in "${certFile}"`);
  }
  check(certFile, "not fit for TLS", () => createSecureContext({ cert, key }));
  if (clientCaFile === undefined) return { cert, key };
  const ca = read(clientCaFile);
  check(clientCaFile, "no certificate in PEM", () => new X509Certificate(ca));
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

function check<T>(file: string, problem: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new CertificateError(`"${file}": ${problem}: ${(error as Error).message}`, { cause: error });
  }
}
