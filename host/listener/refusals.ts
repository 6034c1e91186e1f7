import type { ServerHttp2Session } from "node:http2";

/** The window of `max`, in milliseconds. */
const windowMs = 60_000;

/** Milliseconds between looks. Each finds what one round over all connections could send meanwhile. */
const lookIntervalMs = 50;

/** Sessions in one look, at about a microsecond each, so that ten thousand idle ones take their turns within a second. */
const sessionsPerLook = 500;

interface Record {
  /** Requests that were told of. */
  told: number;
  /** Requests that were not, when the window began. */
  before: number;
  since: number;
  readonly flooded: () => void;
}

/** Finds sessions whose requests are refused again and again. */
export interface RefusalWatch {
  /** Looks at a session until it is closed; calls `flooded` when it has had more refusals than it may. */
  add(session: ServerHttp2Session, flooded: () => void): void;
}

/**
 * Creates a watch that allows `max` refused requests in a minute.
 *
 * Node resets a stream of more header fields than allowed and tells nobody, however many there are; the rest of its
 * header block is decoded all the same. Only the number of the session's last stream gives them away: clients count
 * streams in twos (RFC 9113 section 5.1.1).
 */
export function createRefusalWatch(max: number): RefusalWatch {
  const records = new Map<ServerHttp2Session, Record>();
  let turn = records.entries();
  let timer: NodeJS.Timeout | undefined;

  function look() {
    const now = performance.now();
    for (let n = Math.min(records.size, sessionsPerLook); n > 0; n--) {
      let next = turn.next();
      if (next.done) {
        turn = records.entries();
        next = turn.next();
      }
      if (!next.done) judge(...next.value, now);
    }
  }
  function judge(session: ServerHttp2Session, record: Record, now: number) {
    const { lastProcStreamID = 0 } = session.state;
    const refused = (lastProcStreamID + 1) / 2 - record.told;
    if (now - record.since > windowMs) {
      record.before = refused;
      record.since = now;
    }
    if (refused - record.before <= max) return;
    records.delete(session);
    record.flooded();
  }

  return {
    add(session, flooded) {
      const record = { told: 0, before: 0, since: performance.now(), flooded };
      records.set(session, record);
      timer ??= setInterval(look, lookIntervalMs);
      session.on("stream", () => {
        record.told++;
      });
      session.once("close", () => {
        records.delete(session);
        if (records.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      });
    },
  };
}
