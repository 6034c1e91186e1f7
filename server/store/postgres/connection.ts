import { Client, type QueryArrayConfig } from "pg";
import { Flight, type Reply, type Step } from "./flight.ts";
import { typeParsers } from "./rows.ts";
import { troubleOf } from "./sqlstate.ts";
import { describeHosts, type PostgresHost, type PostgresTarget } from "./url.ts";

/** A statement. Its rows are arrays, which takes less time than objects. */
export interface Statement {
  /** Under which it is prepared once a connection, for good; undefined where it is prepared each time. */
  readonly name?: string | undefined;
  readonly text: string;
}

/** Milliseconds that statements of a connection may take. */
export interface Timeouts {
  /** Of one statement. */
  readonly statement: number;
  /** Of waiting for a lock. Defaults to that of one statement. */
  readonly lock?: number;
  /** Of a transaction whose next statement does not come: whoever holds a lock and has stopped lets go of it. */
  readonly idle?: number;
}

/** What an open connection is for. */
export interface ConnectionOptions {
  /** Names the connection in `pg_stat_activity`. */
  readonly name: string;
  readonly timeouts: Timeouts;
  /** Whether a statement is sent before those ahead of it are answered. Defaults to true; `together` needs false. */
  readonly pipelined?: boolean;
  /** Whether what was committed is on disk. Defaults to true. */
  readonly durable?: boolean;
}

/** Milliseconds to reach a server, with TLS and the password. */
const CONNECT_MS = 3000;
/** Milliseconds that a server may take to say goodbye. */
const CLOSE_MS = 1000;
/** Milliseconds that we wait longer for a statement than the server does: its error tells more than ours. */
const GRACE_MS = 1000;

/** What a server says of itself. */
export interface ServerFacts {
  /** `server_version_num`: 180004 for 18.4. */
  readonly version: number;
  /** The whole text of `version()`. */
  readonly product: string;
  /** The process that serves the connection, which a pooler may change. */
  readonly backend: number;
  /** What the server's clock is ahead of ours, in milliseconds, give or take half of the way there and back. */
  readonly clockAhead: number;
}

/** An open connection. Its statements are answered in order; unless it says otherwise, they are sent at once. */
export class Connection {
  readonly host: PostgresHost;
  readonly facts: ServerFacts;
  readonly #client: Client;
  readonly #ended = Promise.withResolvers<Error>();

  constructor(client: Client, host: PostgresHost, facts: ServerFacts) {
    this.#client = client;
    this.host = host;
    this.facts = facts;
    client.on("error", error => this.#ended.resolve(error));
    client.on("end", () => this.#ended.resolve(new Error("Connection terminated")));
  }

  /** Resolves with the reason once the connection is gone. */
  get ended(): Promise<Error> {
    return this.#ended.promise;
  }

  /** The process that serves this connection, as the server told when it began. */
  get process(): number {
    return Number((this.#client as { processID?: number | null }).processID);
  }

  /** Runs a prepared statement and resolves to its rows. */
  async rows<Row extends readonly unknown[]>(statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#client.query<Row & unknown[]>(arrays(statement, values))).rows;
  }

  /** Runs a prepared statement and resolves to how many rows it changed. */
  async run(statement: Statement, values: readonly unknown[] = []): Promise<number> {
    return (await this.#client.query(arrays(statement, values))).rowCount ?? 0;
  }

  /** Runs SQL that is not prepared, and resolves to the tag of its command: `COMMIT` may come back as `ROLLBACK`. */
  async command(sql: string): Promise<string> {
    return (await this.#client.query(sql)).command;
  }

  /**
   * Sends statements in one piece and resolves to what came of each. Throws the first error, after which no other is done.
   * One at a time, and not on a connection that is pipelined.
   */
  together(steps: readonly Step[]): Promise<readonly Reply[]> {
    return new Promise((resolve, reject) => {
      this.#client.query(new Flight(steps, (error, replies) => (error === null ? resolve(replies) : reject(error))));
    });
  }

  /** Calls the listener for each notification. */
  onNotification(listener: (payload: string, process: number) => void): void {
    this.#client.on("notification", ({ payload = "", processId }) => listener(payload, processId));
  }

  /** Lets go of the connection once what was sent is answered, within a second. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.cut(), CLOSE_MS);
    await this.#client.end().catch(() => {});
    clearTimeout(timer);
  }

  /** Cuts the connection. */
  cut(): void {
    (this.#client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }
}

function arrays({ name, text }: Statement, values: readonly unknown[]): QueryArrayConfig {
  return { name, text, values: values as unknown[], rowMode: "array" };
}

/** No server of the target can be used; `cause` is what the last one said. */
export class NoServerError extends Error {
  override readonly name = "NoServerError";
}

/**
 * Connects to the first server that is reached and is no standby, `first` before the others. Throws what the servers said:
 * the error of the first that is no matter of waiting, else that of the last.
 */
export async function connect(
  target: PostgresTarget,
  options: ConnectionOptions,
  first?: PostgresHost,
): Promise<Connection> {
  const hosts = first === undefined ? target.hosts : [first, ...target.hosts.filter(host => host !== first)];
  let failure: unknown;
  for (const host of hosts) {
    try {
      return await connectTo(host, target, options);
    } catch (error) {
      failure = error;
      if (troubleOf(error) === "denied") break;
    }
  }
  const reason = failure instanceof Error ? failure.message : String(failure);
  throw Object.assign(new NoServerError(reason, { cause: failure }), { code: (failure as NodeJS.ErrnoException).code });
}

async function connectTo(host: PostgresHost, target: PostgresTarget, options: ConnectionOptions): Promise<Connection> {
  const { name, timeouts, pipelined = true, durable = true } = options;
  const client = new Client({
    host: host.host,
    port: host.port,
    ssl: host.tls,
    user: target.user,
    database: target.database,
    // A function always, so that neither PGPASSWORD nor ~/.pgpass is looked at.
    password: target.password as () => Promise<string>,
    application_name: `concierge ${name}`,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: timeouts.statement + GRACE_MS,
    types: typeParsers,
    pipeline: pipelined,
  });
  // Without a listener an error that comes while nothing is asked would end the process.
  client.on("error", () => {});
  try {
    await client.connect();
    const begun = Date.now();
    const { rows } = await client.query({ text: FACTS, rowMode: "array" });
    const [version, product, backend, standby, time] = rows[0] as [number, string, number, boolean, number];
    const clockAhead = Math.round(time - (begun + Date.now()) / 2);
    if (standby) throw Object.assign(new Error(`${describeHosts([host])} is a standby`), { code: "25006" });
    await client.query(settingsOf(target.schema, timeouts, durable));
    return new Connection(client, host, { version, product, backend, clockAhead });
  } catch (error) {
    client.end().catch(() => {});
    throw error;
  }
}

const FACTS = `SELECT current_setting('server_version_num')::int, version(), pg_backend_pid(), pg_is_in_recovery(),
  extract(epoch FROM clock_timestamp())::float8 * 1000`;

/**
 * What a connection is set to: by SET, since poolers take few parameters with the start of a connection. A commit that
 * was acknowledged is on disk, whatever the role's default says.
 */
function settingsOf(schema: string, timeouts: Timeouts, durable: boolean): string {
  const { statement, lock = statement, idle = 0 } = timeouts;
  const commit = `SELECT set_config('synchronous_commit', 'on', false)
      WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')`;
  return `
    SET search_path = "${schema}";
    SET statement_timeout = ${statement};
    SET lock_timeout = ${lock};
    SET idle_in_transaction_session_timeout = ${idle};
    SELECT set_config('transaction_timeout', '${2 * statement}', false)
      WHERE current_setting('transaction_timeout', true) IS NOT NULL;
    ${durable ? commit : "SET synchronous_commit = off"}`;
}

/**
 * Sends a transaction in one flush, so that nothing of anybody else comes between on a connection that many use. Throws the
 * first error, after which nothing was done, or, where the connection was lost, nobody knows.
 */
export async function inOneFlush<T extends readonly unknown[]>(
  connection: Connection,
  begin: string,
  statements: () => readonly [...{ [K in keyof T]: Promise<T[K]> }],
): Promise<T> {
  const begun = connection.command(begin);
  const results = Promise.all(statements());
  const ended = connection.command("COMMIT");
  const [, values, tag] = await Promise.all([begun, results, ended]);
  if (tag !== "COMMIT") throw new Error("the transaction was rolled back");
  return values as unknown as T;
}
