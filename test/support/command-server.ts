import { after, before } from "node:test";
import { type CommandResult, runCommand } from "./command-line.ts";
import { startServer, type TestServer } from "./server.ts";

/** A server for the tests of a file, and the command that calls it. Only to be used within tests. */
export interface CommandServer {
  readonly server: TestServer;
  /** What makes a command call the server. */
  readonly env: Record<string, string>;
  /** Runs the command with these arguments. */
  readonly concierge: (...args: string[]) => Promise<CommandResult>;
}

/** Starts a server before the tests of the file that calls this, and ends it after them. */
export function useCommandServer(): CommandServer {
  let server: TestServer | undefined;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.[Symbol.asyncDispose]());
  const started = () => {
    if (server === undefined) throw new Error("the server starts with the first test");
    return server;
  };
  const env = () => ({ CONCIERGE_URL: started().baseUrl });
  return {
    get server() {
      return started();
    },
    get env() {
      return env();
    },
    concierge: (...args) => runCommand(args, { env: env() }),
  };
}
