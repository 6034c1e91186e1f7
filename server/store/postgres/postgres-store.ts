import { EventEmitter } from "node:events";
import type { OnBatch, StoreHealth, UserStore } from "../user-store.ts";
import { PostgresChatLog } from "./chat-log.ts";
import { createEventReader } from "./event-reader.ts";
import { type Hints, PostgresHints } from "./hints.ts";
import { ReadPool } from "./pool.ts";
import { Session } from "./session.ts";
import { createSnapshots } from "./snapshot.ts";
import { explain, openServers } from "./start.ts";
import { enterTimeline, epochBase } from "./timeline.ts";
import { trim } from "./trim.ts";
import { parsePostgresUrl } from "./url.ts";
import { createUserPages } from "./user-pages.ts";
import { createUserReader } from "./user-reader.ts";
import { Writer } from "./writer.ts";

/** How to open a store on PostgreSQL. */
export interface PostgresStoreOptions {
  /** As `parsePostgresUrl` takes it. */
  readonly url: string;
  /** A file that holds the password, in the place of one in the URL. It is read again for each connection. */
  readonly passwordFile?: string | undefined;
  /** Told what an operator should know of: that the start waits, that hints do not arrive, that a clock is wrong. */
  readonly onNotice?: (text: string) => void;
  readonly onBatch?: OnBatch | undefined;
  /** Milliseconds that the start waits for the server. Defaults to 30,000. */
  readonly startWaitMs?: number;
  /** Milliseconds that reads and writes wait for the server. Defaults to 5,000. */
  readonly waitMs?: number;
  /** Milliseconds since 1970. Defaults to the system's clock. */
  readonly clock?: () => number;
  /** Makes the hints. Defaults to {@link PostgresHints}. */
  readonly createHints?: (
    options: ConstructorParameters<typeof PostgresHints>[0],
  ) => Hints & { open?(): Promise<void> };
}

/** Connections for pages, snapshots and the history, so that those never hold up reads of single users. */
const PAGE_SESSIONS = 2;
/** Milliseconds that a clock may be off before times are corrected by the database's. */
const CLOCK_TOLERANCE_MS = 1000;

const READ_TIMEOUTS = { statement: 5000, idle: 1000 };
const WRITE_TIMEOUTS = { statement: 30_000, lock: 5000, idle: 1000 };

/**
 * Opens a store on a database that any number of processes share, and makes its schema or brings it up to date. Waits for a
 * server that is not there yet. Throws {@link StoreOpenError} where it does not come, or cannot be used: the text says why.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<UserStore> {
  const { onNotice = () => {}, waitMs = 5000, clock = Date.now } = options;
  const target = parsePostgresUrl(options.url, options.passwordFile);
  const { servers, identity } = await openServers(target, { waitMs: options.startWaitMs ?? 30_000, onNotice });
  await using undo = new AsyncDisposableStack();
  const session = (name: string, timeouts: typeof READ_TIMEOUTS) =>
    undo.adopt(new Session({ servers, name, timeouts }), opened => opened.close());

  const pointSessions = Array.from({ length: target.pool }, () => session("reader", READ_TIMEOUTS));
  const pageSessions = Array.from({ length: PAGE_SESSIONS }, () => session("pages", READ_TIMEOUTS));

  const emitter = new EventEmitter<{ commit: []; health: [StoreHealth] }>().setMaxListeners(0);
  const channel = `concierge ${target.schema}`;
  const createHints = options.createHints ?? (given => new PostgresHints(given));
  const hints = undo.adopt(createHints({ servers, channel, onNotice }), made => made.close());
  let epoch = 0;
  let clockShift = 0;
  const writing = undo.adopt(
    new Session({
      servers,
      name: "writer",
      timeouts: WRITE_TIMEOUTS,
      pipelined: false,
      async prepare(connection) {
        epoch = await enterTimeline(connection);
        // The connection measured against the system's clock; what is to be corrected is the one that times writes.
        const ahead = connection.facts.clockAhead + Date.now() - clock();
        clockShift = Math.abs(ahead) > CLOCK_TOLERANCE_MS ? Math.round(ahead) : 0;
        if (clockShift !== 0) onNotice(`the clock is ${-clockShift} ms ahead of the database's: its times are taken`);
        for (const reading of [...pointSessions, ...pageSessions]) reading.follow(connection.host);
        writer.regain();
      },
      onTrouble: error => writer.lose(error),
    }),
    opened => opened.close(),
  );
  const writer = new Writer({
    session: writing,
    epochBase: () => epochBase(epoch),
    clock: () => clock() + clockShift,
    clockShift: () => clockShift,
    waitMs,
    onBatch: options.onBatch,
    onCommit() {
      emitter.emit("commit");
      hints.announce("events");
    },
    onHealth: health => emitter.emit("health", health),
  });
  hints.listen("events", () => emitter.emit("commit"));

  try {
    await Promise.all([writing, ...pointSessions, ...pageSessions].map(opened => opened.open()));
    await hints.open?.();
  } catch (error) {
    throw explain(error, target) ?? error;
  }

  const points = new ReadPool(pointSessions, waitMs);
  const wide = new ReadPool(pageSessions, waitMs);
  const users = createUserReader(points);
  const pages = createUserPages(wide);
  const events = createEventReader(wide);
  const snapshot = createSnapshots(wide);
  const chat = new PostgresChatLog({ pool: wide, hints, clock: () => clock() + clockShift });
  undo.move();
  let closed: Promise<void> | undefined;

  async function close(): Promise<void> {
    await writer.drain();
    await hints.close();
    await Promise.all([points.close(), wide.close(), writing.close()]);
  }

  const closeOnce = () => {
    closed ??= close();
    return closed;
  };

  return {
    identity,
    chat,
    write: write => writer.write(write),
    getUser: id => users.byId(id),
    getUsers: ids => users.byIds(ids),
    getUserByEmail: email => users.byEmail(email),
    listUsers: query => pages.list(query),
    countUsers: filter => pages.count(filter),
    isEmpty: () => users.isEmpty(),
    readEvents: (after, limit) => events.read(after, limit),
    eventBounds: () => events.bounds(),
    snapshot: (selection = {}) => snapshot(selection),
    trim: limits => trim(wide, limits, clock() + clockShift),
    onCommit(listener) {
      emitter.on("commit", listener);
      return () => void emitter.off("commit", listener);
    },
    health: () => writer.health,
    onHealth(listener) {
      emitter.on("health", listener);
      return () => void emitter.off("health", listener);
    },
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}
