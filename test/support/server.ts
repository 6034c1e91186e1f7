import { logTo } from "../../host/logger.ts";
import { type App, createApp } from "../../server/app.ts";
import { parseConfig } from "../../server/config/config.ts";
import { testEngine } from "./engine.ts";

/** A line of the server's log, parsed. */
export interface LogLine {
  readonly level?: number;
  readonly time?: number;
  readonly msg?: string;
  readonly requestId?: string;
  readonly code?: string;
  readonly ms?: number;
  readonly peer?: string;
  readonly [other: string]: unknown;
}

/** A whole server on a free port, with its log at hand. */
export interface TestServer extends AsyncDisposable {
  readonly app: App;
  readonly port: number;
  /** `http://127.0.0.1:port` */
  readonly baseUrl: string;
  /** All lines so far. */
  readonly lines: readonly LogLine[];
  /** The first line, past or to come, that matches. */
  line(matches: (line: LogLine) => boolean): Promise<LogLine>;
}

/** The lane that suites run on: `TEST_LANE=connect npm run test:lane` runs those with a whole server on the stock one. */
export const testLane = process.env.TEST_LANE ?? "wire";

/** Starts a server; `env` goes over settings fit for tests: free port, fresh database, no pause in the Greeter's stream. */
export async function startServer(env: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const lines: LogLine[] = [];
  const waiting = new Set<(line: LogLine) => void>();
  const config = parseConfig({
    PORT: "0",
    DATABASE_URL: "sqlite::memory:",
    LANE: testLane,
    HTTP_ENGINE: testEngine,
    GREETER_STREAM_INTERVAL_MS: "0",
    ...env,
  });
  const log = logTo(
    {
      write(text: string) {
        const line = JSON.parse(text) as LogLine;
        lines.push(line);
        for (const tell of waiting) tell(line);
      },
    },
    config.logLevel,
  );
  const app = await createApp(config, log);
  const [address] = await app.listen();
  const port = address?.port ?? 0;
  return {
    app,
    port,
    baseUrl: `http://127.0.0.1:${port}`,
    lines,
    async line(matches) {
      const past = lines.find(matches);
      if (past) return past;
      return new Promise(resolve => {
        waiting.add(function tell(line) {
          if (!matches(line)) return;
          waiting.delete(tell);
          resolve(line);
        });
      });
    },
    [Symbol.asyncDispose]: app.close,
  };
}
