import { setTimeout as sleep } from "node:timers/promises";
import { StoreOpenError } from "../errors.ts";
import type { DatabaseIdentity } from "../user-store.ts";
import { type Connection, connect } from "./connection.ts";
import { migrate } from "./migrations.ts";
import type { Servers } from "./session.ts";
import { codeOf, troubleOf } from "./sqlstate.ts";
import { describeHosts, type PostgresTarget } from "./url.ts";

/** How long the start waits, and whom it tells. */
export interface StartOptions {
  /** In milliseconds. */
  readonly waitMs: number;
  readonly onNotice: (text: string) => void;
}

/** The oldest server that is tried: the one before goes without updates. https://www.postgresql.org/support/versioning/ */
const OLDEST_VERSION = 140_000;
/** Milliseconds between two attempts. */
const PAUSE_MS = 250;
/** Milliseconds between two lines that say what the start waits for. */
const NOTICE_MS = 5000;

const TIMEOUTS = { statement: 30_000 };

/**
 * Finds the server, checks that it can be used, and brings the schema up to date. Throws {@link StoreOpenError} in one line
 * that names the setting and what to do.
 */
export async function openServers(
  target: PostgresTarget,
  options: StartOptions,
): Promise<{ readonly servers: Servers; readonly identity: DatabaseIdentity }> {
  const connection = await connectAtStart(target, options);
  try {
    const { product, version } = connection.facts;
    if (version < OLDEST_VERSION) {
      throw new StoreOpenError(`DATABASE_URL: the server is ${firstWords(product)}; versions from 14 on are supported`);
    }
    if (!product.startsWith("PostgreSQL "))
      options.onNotice(`the server is ${firstWords(product)}, which is not tried`);
    await refusePooledTransactions(connection, target);
    const identity = await migrate(connection, target);
    return { servers: { target, current: connection.host }, identity };
  } catch (error) {
    throw explain(error, target) ?? error;
  } finally {
    await connection.close();
  }
}

async function connectAtStart(target: PostgresTarget, { waitMs, onNotice }: StartOptions): Promise<Connection> {
  const end = performance.now() + waitMs;
  let told = Number.NEGATIVE_INFINITY;
  for (;;) {
    try {
      return await connect(target, { name: "start", timeouts: TIMEOUTS });
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble !== "lost" && trouble !== "read_only") throw explain(error, target) ?? error;
      const hosts = describeHosts(target.hosts);
      if (performance.now() >= end) {
        throw new StoreOpenError(
          `DATABASE_URL: no server at ${hosts} took writes within ${waitMs} ms (${reasonOf(error)}); start it, or name another`,
          { cause: error },
        );
      }
      if (performance.now() - told >= NOTICE_MS) {
        told = performance.now();
        onNotice(`waiting for a server at ${hosts} (${reasonOf(error)})`);
      }
      await sleep(PAUSE_MS);
    }
  }
}

/**
 * A pooler that gives each transaction another server process breaks prepared statements, LISTEN and what SET says. It
 * gives itself away where the process is another one than the connection was told, and two connections share it.
 */
async function refusePooledTransactions(connection: Connection, target: PostgresTarget): Promise<void> {
  const { facts, process, host } = connection;
  if (facts.backend === process) return;
  const other = await connect(target, { name: "start", timeouts: TIMEOUTS }, host);
  await other.close();
  if (facts.backend !== other.facts.backend) return;
  throw new StoreOpenError(
    `DATABASE_URL: ${describeHosts([host])} is a pooler in transaction mode; set it to session mode (pool_mode = session), or name the server itself`,
  );
}

/** The error that tells an operator what to do; undefined where it says so already, or is no fault of the server's. */
export function explain(error: unknown, { user, database, schema, hosts }: PostgresTarget): StoreOpenError | undefined {
  if (error instanceof StoreOpenError || !(error instanceof Error)) return undefined;
  const because = (text: string) => new StoreOpenError(`DATABASE_URL: ${text}`, { cause: error });
  const role = JSON.stringify(user);
  const code = codeOf(error);
  if (code === "3D000")
    return because(`there is no database ${JSON.stringify(database)}; make it (CREATE DATABASE), or name another`);
  if (code === "28P01")
    return because(`the password of role ${role} is not right; mend it there or in DATABASE_PASSWORD_FILE`);
  if (code.startsWith("28"))
    return because(`role ${role} may not sign in (${firstWords(error.message)}); mend the role, or pg_hba.conf`);
  if (code === "53300") {
    return because(`${describeHosts(hosts)} has no free connection; raise its max_connections, or lower pool`);
  }
  if (code === "42501") {
    return because(
      `role ${role} has too few rights (${firstWords(error.message)}); make the schema for it: CREATE SCHEMA ${schema} AUTHORIZATION ${role}`,
    );
  }
  if (/does not support SSL/.test(error.message)) {
    return because(`${describeHosts(hosts)} does not speak TLS; turn it on there, or say sslmode=disable`);
  }
  if (/certificate|SSL|TLS|self.signed/i.test(`${code} ${error.message}`)) {
    return because(
      `the certificate of ${describeHosts(hosts)} is not accepted (${firstWords(error.message)}); name its authority by sslrootcert, or another sslmode`,
    );
  }
  if (/SASL|password/i.test(error.message)) {
    return because(`role ${role} needs a password; put it there or into DATABASE_PASSWORD_FILE`);
  }
  return because(
    `${describeHosts(hosts)} cannot be used (${firstWords(error.message)}); name a server of PostgreSQL 14 or later`,
  );
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return error instanceof Error && code === "25006" ? error.message : code;
}

function firstWords(text: string): string {
  return text.split("\n", 1).join("").slice(0, 100);
}
