import { createRequire } from "node:module";
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

/** Writes to standard output: JSON lines, or one readable line each on a terminal. */
export function createLogger(config: LogOptions): Logger {
  const { logLevel } = config;
  return isForPeople(config)
    ? logTo(readableLines(), logLevel)
    : logTo(pino.destination({ dest: 1, sync: false }), logLevel);
}

/** Where a line may hold request headers; calls are logged without any, so this is for plugins and mistakes. */
const redact = {
  paths: ["", "headers.", "req.headers.", "request.headers."].flatMap(path => [
    `${path}authorization`,
    `${path}cookie`,
  ]),
  censor: "[redacted]",
};

/** Writes JSON lines to any stream. */
export function logTo(stream: DestinationStream, level: LevelWithSilent): Logger {
  return pino(
    { level, base: null, redact },
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
const told = ["requestId", "protocol", "http", "method", "path", "code", "status", "ms", "peer", "client"];

const require = createRequire(import.meta.url);

function readableLines(): DestinationStream {
  // Loaded only where a person reads: it is thirty modules.
  const pretty: typeof PinoPretty = require("pino-pretty");
  return pretty({
    translateTime: "SYS:HH:MM:ss.l",
    ignore: told.join(","),
    messageFormat: line => sentence(line),
    // In this process and synchronous: a terminal is slow anyway, and the last lines must not get lost.
    sync: true,
  });
}

/** `greeter.Greeter/SayHello OK in 0.4 ms · connect, HTTP/1.1, 127.0.0.1:54964 · 6aac3f13-…` */
function sentence(line: Readonly<Record<string, unknown>>): string {
  const { msg, requestId, protocol, http, method, path, code, status, ms, peer, client } = line;
  if (requestId === undefined) return String(msg).replace(controls, escaped);
  const what = path === undefined ? method : `${method} ${path}`;
  const how = [protocol, `HTTP/${http}`, client ?? peer].filter(part => part !== undefined).join(", ");
  return `${String(what).replace(controls, escaped)} ${code ?? status ?? "unanswered"} in ${ms} ms · ${how} · ${requestId}`;
}
