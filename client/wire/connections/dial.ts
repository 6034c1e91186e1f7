import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { Session } from "../../../http2/session.ts";
import type { ConnectionLimits } from "../../connection/connection.ts";
import { reasonOfEnd } from "../ends.ts";
import { Link, type LinkOptions } from "./link.ts";

/** Of a server over TLS that chooses no HTTP/2 by ALPN, or ends the handshake for having none. */
const noHttp2 = "the server speaks no HTTP/2 over TLS (is httpVersion 1.1 meant?)";

/** Longer than any handshake takes, shorter than the system's own patience of two minutes. */
const connectTimeoutMs = 10_000;

/**
 * Bytes of one reply that may be under way or unread. The 64 KiB of HTTP/2 (RFC 9113 section 6.9.2) would hold a reply to
 * that much a round trip, whatever the link can do. A reader that stops holds no more than this in memory.
 */
const streamWindow = 2 * 1024 * 1024;

/** The same where the server is far, as long as replies are read: a message of 4 MiB, gRPC's largest by default, and its frame. */
const farStreamWindow = 4 * 1024 * 1024 + 65_536;

/** Bytes of a reply's head, or of its trailers, which hold the details of errors. As `node:http2` has it. */
const maxHeaderListSize = 65_535;

/** Where a server is, and how it proves to be the one that is meant. */
export interface Target extends LinkOptions {
  /** Its URL's origin; TLS by its scheme. */
  readonly origin: URL;
  /** A Unix domain socket to use in place of the origin's host. */
  readonly path?: string | undefined;
  /** The name that its certificate has to be for. Defaults to the origin's host. */
  readonly servername?: string | undefined;
  /** The authorities that may have signed its certificate, PEM. Defaults to those that Node.js trusts. */
  readonly ca?: string | undefined;
  /** The client's certificate chain, PEM. */
  readonly cert?: string | undefined;
  /** Its private key, PEM. */
  readonly key?: string | undefined;
}

/**
 * Opens a connection to a server. It is open once the server's SETTINGS are there: who only accepts connections is no
 * server, and before them nobody knows how many streams it takes; one that takes none is of no use. Neither the attempt nor
 * the connection keeps the process running by itself. Rejects with the reason.
 */
export function dial(target: Target, limits: ConnectionLimits, signal: AbortSignal): Promise<Link> {
  return new Promise((resolve, reject) => {
    const isTls = target.origin.protocol === "https:";
    const socket = isTls ? openTls(target) : openTcp(target);
    let isDecided = false;
    const decide = () => {
      isDecided = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", leave);
    };
    const fail = (error: Error) => {
      if (isDecided) return;
      decide();
      socket.destroy();
      const { code } = error as NodeJS.ErrnoException;
      reject(code === "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL" ? new Error(noHttp2, { cause: error }) : error);
    };
    const leave = () => fail(new Error("the client was closed"));
    const silent = () => fail(new Error(`no answer in ${connectTimeoutMs} ms`));
    const timer = setTimeout(silent, connectTimeoutMs).unref();
    socket.unref();
    socket.setNoDelay(true);
    // Kept for as long as the socket lives: it can fail long after anybody waits for it.
    socket.on("error", fail);
    socket.once("close", () => fail(new Error("the connection was closed before the server spoke HTTP/2")));
    signal.addEventListener("abort", leave);
    if (signal.aborted) leave();
    socket.once(isTls ? "secureConnect" : "connect", () => {
      if (isDecided) return;
      if (isTls && (socket as TLSSocket).alpnProtocol !== "h2") fail(new Error(noHttp2));
      else
        speak(socket, target, limits, fail, link => {
          if (isDecided) return;
          decide();
          resolve(link);
        });
    });
  });
}

/** Begins HTTP/2 on a connected socket, and waits for the server to do so. */
function speak(
  socket: Socket,
  target: Target,
  { keepaliveMs, keepaliveTimeoutMs, idleMs }: ConnectionLimits,
  fail: (error: Error) => void,
  opened: (link: Link) => void,
): void {
  let link: Link | undefined;
  const events = {
    settings() {
      if (link !== undefined) return;
      if (session.connection.peer.maxStreams === 0) fail(new Error("the server takes no calls"));
      else {
        link = new Link(session, idleMs, target);
        opened(link);
      }
    },
    closed(code: number, reason: string) {
      const why = reasonOfEnd(code, reason);
      if (link !== undefined) link.whyOver = why;
      // The loss of the socket tells by itself why.
      else if (why !== undefined) fail(new Error(why));
    },
  };
  const session: Session = new Session(false, socket, events, {
    maxHeaderListSize,
    keepaliveMs,
    keepaliveTimeoutMs,
    maxIdleMs: idleMs,
    streamWindow,
    farStreamWindow,
  });
}

function openTcp({ origin, path }: Target): Socket {
  return path === undefined ? connectTcp(portOf(origin), hostOf(origin)) : connectTcp(path);
}

function openTls({ origin, path, servername, ca, cert, key }: Target): Socket {
  const host = hostOf(origin);
  const name = servername ?? (isIP(host) ? "" : host);
  const tls = { ca, cert, key, servername: name, ALPNProtocols: ["h2"] };
  return path === undefined ? connectTls({ ...tls, host, port: portOf(origin) }) : connectTls({ ...tls, path });
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

function portOf({ port, protocol }: URL): number {
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}
