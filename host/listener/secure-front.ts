import type { Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import {
  type CertificateFiles,
  type CertificateText,
  parseCertificates,
  readCertificates,
  watchCertificates,
} from "./certificates.ts";

/** Milliseconds between looks at the certificates' files: a renewal comes days before it is needed. */
const defaultWatchIntervalMs = 5000;

/** TLS over sockets that were accepted elsewhere. */
export interface SecureFront {
  /** Shakes hands, then calls `secured`; closes the socket where that fails. */
  accept(socket: Socket, secured: (socket: TLSSocket) => void): void;
  /**
   * Reads the files again, for connections to come; open ones keep what they have. Files that are not fit change
   * nothing and are reported.
   */
  reload(): void;
  /** Looks at the files no more. */
  close(): void;
}

/** Certificates in files, which may change at any time. */
export interface WatchedFiles extends CertificateFiles {
  /** Milliseconds between two looks at the files. Defaults to 5,000. */
  readonly watchIntervalMs?: number | undefined;
  /** Hears that new files were taken up, or why they were not. */
  readonly onReload?: ((error: Error | undefined) => void) | undefined;
}

/** How a front serves TLS: by files, or by text that stays as it is. */
export type SecureFrontOptions = WatchedFiles | CertificateText;

/** Creates the front: TLS 1.2 and later, HTTP/2 and HTTP/1.1 by ALPN. Throws `CertificateError`. */
export function createSecureFront(options: SecureFrontOptions): SecureFront {
  const files = "certFile" in options ? options : undefined;
  const read = () => ("certFile" in options ? readCertificates(options) : parseCertificates(options));
  let current = read();
  const common = { minVersion: "TLSv1.2" } as const;
  const server = createServer({
    ...common,
    ...current,
    ALPNProtocols: ["h2", "http/1.1"],
    requestCert: current.ca !== undefined,
    rejectUnauthorized: true,
  });
  const handshakes = new Map<string, (socket: TLSSocket) => void>();
  const closed = new AbortController();

  server.on("secureConnection", socket => {
    const secured = handshakes.get(nameOf(socket));
    handshakes.delete(nameOf(socket));
    socket.on("error", () => socket.destroy());
    if (secured) secured(socket);
    else socket.destroy();
  });
  server.on("tlsClientError", (_error, socket) => socket.destroy());

  function reload() {
    try {
      const next = read();
      if (sameText(next.cert, current.cert) && sameText(next.key, current.key) && sameText(next.ca, current.ca)) return;
      server.setSecureContext({ ...common, ...next });
      current = next;
      files?.onReload?.(undefined);
    } catch (error) {
      files?.onReload?.(error as Error);
    }
  }
  if (files) watchCertificates(files, files.watchIntervalMs ?? defaultWatchIntervalMs, closed.signal, reload);

  return {
    accept(socket, secured) {
      const name = nameOf(socket);
      handshakes.set(name, secured);
      socket.once("close", () => {
        if (handshakes.get(name) === secured) handshakes.delete(name);
      });
      server.emit("connection", socket);
    },
    reload,
    close: () => closed.abort(),
  };
}

/** A socket by its two ends: Node does not say which socket a TLS socket is on. Undefined ends are a closed socket's. */
function nameOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return [localAddress, localPort, remoteAddress, remotePort].join(" ");
}

function sameText(a: Buffer | undefined, b: Buffer | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.equals(b));
}
