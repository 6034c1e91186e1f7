import { type ClientHttp2Session, connect, type SecureClientSessionOptions } from "node:http2";

/** Longer than any handshake takes, shorter than the system's own patience of two minutes. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Bytes of one reply that may be under way or unread. The 64 KiB of HTTP/2 (RFC 9113 section 6.9.2) would hold a reply to
 * that much a round trip, whatever the link can do. A reader that stops holds no more than this in memory.
 */
const STREAM_WINDOW = 2 * 1024 * 1024;

/** Bytes of all replies of a connection: well above those of a few large ones, which would keep the small ones waiting. */
const CONNECTION_WINDOW = 32 * STREAM_WINDOW;

/**
 * Megabytes of a session. Node.js counts requests that wait to be sent among them, and drops the replies that come while
 * there are more. They are the caller's own, in memory already, so that no bound is of use here.
 */
const MAX_SESSION_MEMORY = 1_000_000;

/**
 * Opens an HTTP/2 session, TLS by the scheme of `authority`; `options.path` is a Unix domain socket to use in place of its host.
 * It is open once the server's SETTINGS are there: who only accepts connections is no server, and before them nobody knows
 * how many streams it takes; one that takes none is of no use. Neither the attempt nor the session keeps the process running where `keepsRunning` is false. Rejects with the reason.
 */
export function openSession(
  authority: string,
  options: SecureClientSessionOptions,
  signal: AbortSignal,
  keepsRunning = true,
): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = connect(authority, {
      ...options,
      maxSessionMemory: MAX_SESSION_MEMORY,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
    });
    // A session can be destroyed before its event tells that it is connected.
    session.once("connect", () => session.destroyed || session.setLocalWindowSize(CONNECTION_WINDOW));
    if (!keepsRunning) session.unref();
    const end = (reason: string) => session.destroy(new Error(reason));
    const close = () => end("the client was closed");
    const timer = setTimeout(end, CONNECT_TIMEOUT_MS, `no answer in ${CONNECT_TIMEOUT_MS} ms`);
    if (!keepsRunning) timer.unref();
    const decided = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", close);
    };
    let failure: Error | undefined;
    // Kept for as long as the session lives: it can fail long after anybody waits for it.
    session.on("error", error => {
      failure = error;
    });
    // After a TLS alert, such as one for a missing client certificate, Node.js 26 leaves the socket open, and so the session
    // without an end. Its own listener came first.
    session.once("connect", (_session, socket) => socket.once("error", () => socket.destroy()));
    session.once("close", () => {
      decided();
      reject(failure ?? new Error("the connection was closed before the server spoke HTTP/2"));
    });
    session.once("remoteSettings", ({ maxConcurrentStreams }) => {
      if (maxConcurrentStreams === 0) return end("the server takes no calls");
      decided();
      resolve(session);
    });
    signal.addEventListener("abort", close);
    if (signal.aborted) close();
  });
}
