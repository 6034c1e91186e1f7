import { constants, type ServerHttp2Session } from "node:http2";
import type { ListenerLimits } from "./limits.ts";
import type { RefusalWatch } from "./refusals.ts";

/** The window of `maxControlFrames`, in milliseconds. */
const controlWindowMs = 60_000;

/** Bytes of the answer to a PING, RFC 9113 section 6.7; the answer to SETTINGS is shorter. */
const answerBytes = 17;

/** What a guard tells of its session. */
export interface SessionEvents {
  /** The last open stream has closed. */
  free(): void;
  /** No stream has been open for `idleTimeoutMs`. */
  idle(): void;
  /** The peer no longer answers, or breaks a limit: the session is to end now. */
  broken(reason: string): void;
}

/** The socket's count of bytes that went out, before TLS. */
type Counter = { readonly bytesWritten: number };

/**
 * Watches over an HTTP/2 session, which by itself stays open for ever: PINGs it at an interval, tells when it has no
 * streams, and answers a flood of PING or SETTINGS frames, or of requests that are refused, with GOAWAY as gRPC does.
 * Returns what tells since when no stream is open, in milliseconds of `performance.now()`; undefined while one is.
 */
export function guardSession(
  session: ServerHttp2Session,
  socket: Counter,
  limits: ListenerLimits,
  refusals: RefusalWatch,
  events: SessionEvents,
): () => number | undefined {
  const floods = countControlFrames(socket, limits.maxControlFrames);
  let open = 0;
  let idleSince = performance.now();
  let answer: NodeJS.Timeout | undefined;

  function onStreamClose() {
    if (--open > 0) return;
    idleSince = performance.now();
    events.free();
  }
  function tick() {
    if (open === 0 && performance.now() - idleSince >= limits.idleTimeoutMs) events.idle();
    if (session.destroyed || answer) return;
    // A peer that stopped within a frame cannot answer either.
    answer = setTimeout(() => events.broken("keepalive"), limits.keepaliveTimeoutMs);
    session.ping(() => {
      clearTimeout(answer);
      answer = undefined;
    });
  }
  function calm(reason: string, text?: Buffer) {
    if (session.destroyed) return;
    session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, text);
    events.broken(reason);
  }
  function count() {
    // Code and text are gRPC's, so that its clients ping less often: gRFC A8.
    if (floods()) calm("control frames", Buffer.from("too_many_pings"));
  }
  const interval = setInterval(tick, limits.keepaliveIntervalMs);

  session.on("stream", stream => {
    open++;
    // It closes once, and to listen just once costs a function a stream.
    stream.on("close", onStreamClose);
  });
  refusals.add(session, () => calm("refused requests"));
  session.on("ping", count);
  session.on("remoteSettings", count);
  session.once("close", () => {
    clearInterval(interval);
    clearTimeout(answer);
  });
  return () => (open > 0 ? undefined : idleSince);
}

/** Counts calls; returns true once there were more than `max` in a window with nothing sent but the answers to them. */
function countControlFrames(socket: Counter, max: number): () => boolean {
  let count = 0;
  let since = performance.now();
  let written = socket.bytesWritten;
  return () => {
    const now = performance.now();
    if (now - since > controlWindowMs || socket.bytesWritten - written > count * answerBytes) {
      count = 0;
      since = now;
      written = socket.bytesWritten;
    }
    return ++count > max;
  };
}
