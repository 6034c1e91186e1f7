import { createLogger, isForPeople } from "../../host/logger.ts";
import { serveUntilSignal } from "../../host/serve-until-signal.ts";
import type { Config } from "../config/config.ts";
import { describeAccess, readyLine, readyText } from "../process/ready-text.ts";
import { openShared } from "../store/open-store.ts";
import { createTeam } from "./team.ts";

/**
 * Serves by as many workers as the settings say, each a process with all services, on one port. Resolves, prints and hears
 * signals as with one. `env` is what `config` was read from. Throws what kept it, or one of the workers, from starting.
 *
 * What only one process can have is here: the signals of the terminal, the port, and, of SQLite, the file's lock and its
 * writer.
 */
export async function supervise(config: Config, env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const log = createLogger(config);
  process.on("SIGUSR1", () => log.warn("SIGUSR1 opens no debugger here; node --inspect does, from the start"));
  const { databaseUrl, databasePasswordFile: passwordFile } = config;
  await using shared = await openShared(databaseUrl, { passwordFile, onNotice: text => log.warn(text) });
  const task = { env, workers: config.workers, dataFile: shared?.file };
  const team = createTeam({ task, shared, log, config });
  const served = serveUntilSignal(team, {
    onReady(addresses) {
      process.stdout.write(
        isForPeople(config) ? readyText(addresses, config) + describeAccess(config) : readyLine(addresses, config),
      );
      team.announce();
    },
  });
  await Promise.race([served, team.hopeless]);
}
