import { type DestinationStream, type Logger, pino } from "pino";
import pretty from "pino-pretty";
import type { Config } from "./config.ts";

/** Writes to standard output: JSON lines, or one readable line each on a terminal. */
export function createLogger({ logLevel, logFormat }: Pick<Config, "logLevel" | "logFormat">): Logger {
  const readable = logFormat === "pretty" || (logFormat === "auto" && process.stdout.isTTY);
  // In this process and synchronous: a terminal is slow anyway, and the last lines must not get lost.
  return logTo(
    readable ? pretty({ singleLine: true, translateTime: "SYS:HH:MM:ss.l", sync: true }) : undefined,
    logLevel,
  );
}

/** Where a line may hold request headers; calls are logged without any, so this is for plugins and mistakes. */
const redact = {
  paths: ["", "headers.", "req.headers.", "request.headers."].flatMap(path => [
    `${path}authorization`,
    `${path}cookie`,
  ]),
  censor: "[redacted]",
};

/** Writes JSON lines to any stream; standard output unless one is given. */
export function logTo(stream: DestinationStream | undefined, level: Config["logLevel"]): Logger {
  return pino({ level, base: null, redact }, stream ?? pino.destination({ dest: 1, sync: false, minLength: 0 }));
}
