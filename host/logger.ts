import { createRequire } from "node:module";
import { ConnectError } from "@connectrpc/connect";
import { type DestinationStream, type LevelWithSilent, type Logger, pino } from "pino";
import type { PinoPretty } from "pino-pretty";

/** How lines are written. */
export interface LogOptions {
  /** The least level that is written. */
  readonly logLevel: LevelWithSilent;
  /** Lines for people or for programs; `auto` is for people on a terminal alone. */
  readonly logFormat: "auto" | "pretty" | "json";
}

/** Whether a person reads standard output, rather than what gathers JSON lines. */
export function isForPeople({ logFormat }: Pick<LogOptions, "logFormat">): boolean {
  return logFormat === "pretty" || (logFormat === "auto" && process.stdout.isTTY);
}

/** Bytes that one of several processes writes to a pipe at a time, so that their lines do not mix: Linux's PIPE_BUF. */
const wholeOnPipes = 4096;

/**
 * Writes to standard output: JSON lines, or one readable line each on a terminal. Lines name the worker, where it is one of
 * several that write there.
 */
export function createLogger(config: LogOptions, worker?: number): Logger {
  const { logLevel, logFormat } = config;
  const fields = worker === undefined ? undefined : { worker };
  const readable = isForPeople(config) ? readableLines(logFormat === "pretty") : undefined;
  if (readable) return logTo(readable, logLevel, fields);
  const maxWrite = worker === undefined ? undefined : wholeOnPipes;
  return logTo(pino.destination({ dest: 1, sync: false, maxWrite }), logLevel, fields);
}

/** Where a line may hold request headers; calls are logged without any, so this is for plugins and mistakes. */
const redact = {
  paths: ["", "headers.", "req.headers.", "request.headers."].flatMap(path => [
    `${path}authorization`,
    `${path}cookie`,
  ]),
  censor: "[redacted]",
};

/** Of what an error tells its client the types alone: the values are the caller's, and what describes them is long. */
function loggedError(error: Error): object {
  const line = pino.stdSerializers.err(error);
  if (!(error instanceof ConnectError) || error.details.length === 0) return line;
  return Object.assign(line, {
    details: error.details.map(detail => ("desc" in detail ? detail.desc.typeName : detail.type)),
  });
}

/** Writes JSON lines to any stream, each with the fields. */
export function logTo(
  stream: DestinationStream,
  level: LevelWithSilent,
  fields?: Readonly<Record<string, unknown>>,
): Logger {
  return pino(
    { level, base: fields ?? null, redact, serializers: { err: loggedError } },
    { write: line => void stream.write(line.replace(upperControls, escaped)) },
  );
}

/** DEL and the C1 controls of ECMA-48: JSON does not escape them, and terminals obey them. In JSON they stand in strings alone. */
const upperControls = /[\x7f-\x9f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const controls = /[\0-\x1f\x7f-\x9f]/g;

function escaped(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** The fields that a readable line tells in words. */
const told = ["requestId", "protocol", "http", "method", "path", "code", "status", "ms", "peer", "client", "worker"];

const require = createRequire(import.meta.url);

/** Lines for people; undefined where pino-pretty is not installed and need not be. */
function readableLines(needed: boolean): DestinationStream | undefined {
  const pretty = loadPretty();
  if (!pretty && needed) throw new Error("readable log lines need the package pino-pretty");
  return pretty?.({
    translateTime: "SYS:HH:MM:ss.l",
    ignore: told.join(","),
    messageFormat: line => sentence(line),
    // In this process and synchronous: a terminal is slow anyway, and the last lines must not get lost.
    sync: true,
  });
}

/** Loaded only where a person reads: it is thirty modules, and the host by itself comes without. */
function loadPretty(): typeof PinoPretty | undefined {
  try {
    return require("pino-pretty");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** `greeter.Greeter/SayHello OK in 0.4 ms · connect, HTTP/1.1, 127.0.0.1:54964 · 6aac3f13-…` */
function sentence(line: Readonly<Record<string, unknown>>): string {
  const { msg, requestId, protocol, http, method, path, code, status, ms, peer, client, worker } = line;
  const by = worker === undefined ? "" : ` · worker ${worker}`;
  if (requestId === undefined) return `${String(msg).replace(controls, escaped)}${by}`;
  const what = path === undefined ? method : `${method} ${path}`;
  const how = [protocol, `HTTP/${http}`, client ?? peer].filter(part => part !== undefined).join(", ");
  return `${String(what).replace(controls, escaped)} ${code ?? status ?? "unanswered"} in ${ms} ms · ${how} · ${requestId}${by}`;
}
