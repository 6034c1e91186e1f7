import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { StoreOpenError } from "../errors.ts";

/** A server, or the folder of its socket, and how to talk to it. */
export interface PostgresHost {
  /** A name, an address, or the absolute path of a socket's folder. */
  readonly host: string;
  readonly port: number;
  /** False means in the clear. */
  readonly tls: ConnectionOptions | false;
}

/** What a `postgresql:` URL says. Holds no secret that a log could show. */
export interface PostgresTarget {
  /** Tried in this order; the first that takes writes is it. */
  readonly hosts: readonly PostgresHost[];
  readonly user: string;
  readonly database: string;
  readonly schema: string;
  /** Connections for reads of single users. */
  readonly pool: number;
  /** Resolves to the password, read anew for each connection where it is in a file; undefined where there is none. */
  readonly password: () => Promise<string | undefined>;
}

/** How a server's certificate is checked, weakest first: https://www.postgresql.org/docs/18/libpq-ssl.html */
const SSL_MODES = ["disable", "require", "verify-ca", "verify-full"] as const;
type SslMode = (typeof SSL_MODES)[number];

const PARAMETERS = ["host", "sslmode", "sslrootcert", "sslcert", "sslkey", "schema", "pool", "target_session_attrs"];
const SHAPE = "postgresql://USER@HOST:PORT/DATABASE";
const ESCAPE =
  "percent-encode what is special in the user and the password, or put the password into DATABASE_PASSWORD_FILE";
const MAX_POOL = 64;

/**
 * Reads `postgresql://user:password@host:port,host/database?sslmode=…&sslrootcert=…&sslcert=…&sslkey=…&schema=…&pool=…`, where
 * `?host=` may name the folder of a socket instead. The certificate is verified, with the host's name, unless `sslmode` says
 * otherwise or the host is this machine. `schema` defaults to `concierge` and `pool` to 2. The environment's `PG…` variables
 * are not looked at. Throws {@link StoreOpenError} that names the wrong part, and quotes nothing that may be of a password.
 */
export function parsePostgresUrl(url: string, passwordFile?: string): PostgresTarget {
  const [, authority = "", path = "", query = ""] =
    /^postgres(?:ql)?:\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(url) ??
    bad(`it is not of the form ${SHAPE}; ${ESCAPE}`);
  const at = authority.lastIndexOf("@");
  const [user = "", ...rest] = authority.slice(0, Math.max(at, 0)).split(":");
  const password = rest.length === 0 ? undefined : decode(rest.join(":"), "password");
  const servers = authority.slice(at + 1);
  const parsedHosts = servers === "" ? [] : servers.split(",").map(parseHost);
  const database = decode(path, "database");
  if (user === "") bad(`it names no user; write ${SHAPE}`);
  if (database === "") bad(`it names no database; write ${SHAPE}`);
  const parameters = parseParameters(query);
  if (parameters.get("host") !== undefined && parsedHosts.length > 0) bad("it names hosts twice; leave out ?host=");
  const hosts = parameters.get("host")?.split(",").map(parseHostParameter) ?? parsedHosts;
  if (hosts.length === 0) bad(`it names no host; write ${SHAPE}, or ?host= with the folder of a socket`);
  if (password !== undefined && passwordFile !== undefined)
    bad("it holds a password, and DATABASE_PASSWORD_FILE another; leave out one");
  const attributes = parameters.get("target_session_attrs") ?? "read-write";
  if (attributes !== "read-write" && attributes !== "primary") {
    bad(`target_session_attrs ${quote(attributes)} is not read-write, the only one that can be written to`);
  }
  return {
    hosts: hosts.map(({ host, port }) => ({ host, port, tls: tlsOf(host, parameters) })),
    user: decode(user, "user"),
    database,
    schema: parseSchema(parameters.get("schema") ?? "concierge"),
    pool: parsePool(parameters.get("pool") ?? "2"),
    password: async () =>
      passwordFile === undefined ? password : (await readFile(passwordFile, "utf8")).replace(/\r?\n$/, ""),
  };
}

/** Names the servers of a target as messages do: `db1:5432, db2:5432`. */
export function describeHosts(hosts: readonly Pick<PostgresHost, "host" | "port">[]): string {
  return hosts
    .map(({ host, port }) => (host.startsWith("/") ? host : `${isIP(host) === 6 ? `[${host}]` : host}:${port}`))
    .join(", ");
}

function parseHost(text: string, index: number): { host: string; port: number } {
  const [, bracketed, name, digits = "5432"] =
    /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(text) ??
    bad(`host ${index + 1} is not HOST or HOST:PORT; ${ESCAPE}`);
  const host = bracketed ?? decode(name ?? "", "host");
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  if (port < 1 || port > 65_535) bad(`the port of host ${index + 1} is not a number from 1 to 65535; ${ESCAPE}`);
  if (bracketed === undefined ? !isName(host) : isIP(host) !== 6)
    bad(`host ${index + 1} is no host name or address; ${ESCAPE}`);
  return { host, port };
}

function parseHostParameter(text: string, index: number): { host: string; port: number } {
  return text.startsWith("/") ? { host: text, port: 5432 } : parseHost(text, index);
}

function isName(host: string): boolean {
  return host.startsWith("/") || (host !== "" && /^[\w.-]+$/.test(host));
}

function parseParameters(query: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    // What is no word may be the rest of a password that was not encoded.
    const named = /^[a-z_]{1,30}$/.test(name) ? `parameter "${name}"` : "a parameter";
    if (!PARAMETERS.includes(name)) bad(`${named} is not one of ${PARAMETERS.join(", ")}`);
    if (parameters.has(name)) bad(`${named} is there twice`);
    parameters.set(name, value);
  }
  return parameters;
}

function parseSchema(text: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(text) || text.startsWith("pg_")) {
    bad(`schema ${quote(text)} is not a name of 1 to 63 lower-case letters, digits and _ that does not begin with pg_`);
  }
  return text;
}

function parsePool(text: string): number {
  const pool = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (pool < 1 || pool > MAX_POOL) bad(`pool ${quote(text)} is not a whole number from 1 to ${MAX_POOL}`);
  return pool;
}

function tlsOf(host: string, parameters: ReadonlyMap<string, string>): ConnectionOptions | false {
  const isHere = host.startsWith("/") || host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
  const text = parameters.get("sslmode") ?? (isHere ? "disable" : "verify-full");
  const mode = SSL_MODES.find(name => name === text);
  if (mode === undefined) bad(`sslmode ${quote(text)} is not one of ${SSL_MODES.join(", ")}`);
  if (mode === "disable" || host.startsWith("/")) return false;
  const file = (name: string) => readPem(name, parameters.get(name));
  const [ca, cert, key] = [file("sslrootcert"), file("sslcert"), file("sslkey")];
  if ((cert === undefined) !== (key === undefined)) bad("sslcert and sslkey need each other");
  const files = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  return { ...files, ...checksOf(mode) };
}

function checksOf(mode: SslMode): ConnectionOptions {
  if (mode === "require") return { rejectUnauthorized: false };
  return mode === "verify-ca" ? { checkServerIdentity: () => undefined } : {};
}

function readPem(name: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    return bad(`${name} ${quote(file)} is no file that can be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return bad(`its ${part} holds a % that does not begin an escape such as %25`);
  }
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}

function bad(problem: string): never {
  throw new StoreOpenError(`DATABASE_URL: ${problem}`);
}
