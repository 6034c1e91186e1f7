import type { LevelWithSilent, Logger } from "pino";
import { LogLevel } from "../../gen/concierge/admin/v1/admin_pb.ts";

const names: ReadonlyMap<LogLevel, LevelWithSilent> = new Map([
  [LogLevel.SILENT, "silent"],
  [LogLevel.FATAL, "fatal"],
  [LogLevel.ERROR, "error"],
  [LogLevel.WARN, "warn"],
  [LogLevel.INFO, "info"],
  [LogLevel.DEBUG, "debug"],
  [LogLevel.TRACE, "trace"],
]);

/** The level of a log; unspecified where it is one that only this log knows. */
export function levelOf(log: Logger): LogLevel {
  for (const [level, name] of names) if (name === log.level) return level;
  return LogLevel.UNSPECIFIED;
}

/** Sets a log's level and says so in it, be it the last line. */
export function setLevel(log: Logger, level: LogLevel, by: string): void {
  const name = names.get(level);
  if (name === undefined) return;
  const from = log.level;
  const tell = () => log.warn({ by, from, to: name }, "an administrator set the log level");
  const told = log.isLevelEnabled("warn");
  if (told) tell();
  log.level = name;
  if (!told) tell();
}
