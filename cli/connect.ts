import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { openSession } from "../client/connection/open-session.ts";
import { type Concierge, createConcierge } from "../client/index.ts";
import type { TlsOptions } from "../client/node-endpoint.ts";
import { CliError } from "./cli-error.ts";
import { type ConnectionOptions, socketPath, toBaseUrl } from "./connection-options.ts";

/** The options of a connection, and the exit code where they are wrong. */
export interface ConnectOptions extends ConnectionOptions {
  readonly usageExitCode: number;
}

/**
 * Creates the client that a command's options ask for; the caller closes it. Throws a `CliError` that names the option.
 */
export function connect({ usageExitCode, ...options }: ConnectOptions): Concierge {
  try {
    return create(options);
  } catch (error) {
    throw new CliError((error as Error).message, { exitCode: usageExitCode, cause: error });
  }
}

/**
 * Resolves to whether a server speaks HTTP/2 at the address of the options, which is that of one, before the signal aborts.
 */
export async function canConnect(options: ConnectionOptions, signal: AbortSignal): Promise<boolean> {
  try {
    const baseUrl = String(toBaseUrl(options));
    const path = socketPath(baseUrl);
    const origin = path === "" ? new URL(baseUrl).origin : "http://localhost";
    (await openSession(origin, { ...readTls(options), ...(path !== "" && { path }) }, signal)).destroy();
    return true;
  } catch {
    return false;
  }
}

function create(options: ConnectionOptions): Concierge {
  const { ca, cert, key, authority, token, tokenFile, protocol, deadline, retry, header = [] } = options;
  if (Boolean(cert) !== Boolean(key)) throw new TypeError("--cert and --key need each other");
  if (tokenFile !== undefined) readToken(tokenFile);
  else if (token !== undefined) checkToken("--token", token);
  return createConcierge({
    baseUrl: toBaseUrl(options),
    authority,
    protocol,
    token: tokenFile === undefined ? token : () => readToken(tokenFile),
    deadlineMs: deadline,
    headers: header.map(line => splitHeader(line)),
    retry: retry ? {} : false,
    // Of a name, which has no scheme, TLS is said by these.
    tls: ca === undefined && cert === undefined ? undefined : readTls({ ca, cert, key }),
  });
}

/** Reads what TLS needs, and checks it: Node.js would report an error at the first connection, or never. */
function readTls({ ca, cert, key }: Pick<ConnectionOptions, "ca" | "cert" | "key">): TlsOptions {
  const tls = { ca: readPem("--ca", ca), cert: readPem("--cert", cert), key: readPem("--key", key) };
  const check = (what: string, make: () => unknown) => {
    try {
      make();
    } catch (error) {
      const { reason, message } = error as Error & { reason?: string };
      throw new TypeError(`${what}: ${reason ?? message}`, { cause: error });
    }
  };
  const { ca: authority, ...own } = tls;
  if (authority !== undefined) check(`--ca "${ca}"`, () => new X509Certificate(authority));
  if (own.cert !== undefined) check(`--cert "${cert}" with --key "${key}"`, () => createSecureContext(own));
  return tls;
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

function readToken(file: string): string {
  const token = readText("--token-file", file).trim();
  if (token === "") throw new TypeError(`--token-file "${file}" is empty`);
  checkToken(`--token-file "${file}"`, token);
  return token;
}

/** Throws where a token has characters that no header may have. The error does not show the token. */
function checkToken(option: string, token: string): void {
  if (/[^\x20-\x7e]/.test(token))
    throw new TypeError(`${option} holds characters that no token has, such as a line's end`);
}

function readPem(option: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const text = readText(option, file);
  if (!text.includes("-----BEGIN ")) throw new TypeError(`${option} "${file}" holds no PEM`);
  return text;
}

function readText(option: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new TypeError(`${option} "${file}" cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
