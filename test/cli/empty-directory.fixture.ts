import { type Concierge, createConcierge } from "../../client/index.ts";
import type { User } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { makeFolder } from "../support/certificates.ts";
import { runCommand } from "../support/command-line.ts";
import { startServer, type TestServer } from "../support/server.ts";

/** A server without users, a client of it, and a folder for files; all of them new for each test. */
export class EmptyDirectory implements AsyncDisposable {
  readonly server: TestServer;
  readonly client: Concierge;
  readonly folder = makeFolder();
  /** The environment that names the server. */
  readonly env: Readonly<Record<string, string>>;

  private constructor(server: TestServer) {
    this.server = server;
    this.client = createConcierge({ baseUrl: server.baseUrl });
    this.env = { CONCIERGE_URL: server.baseUrl };
  }

  static async start(): Promise<EmptyDirectory> {
    return new EmptyDirectory(await startServer({ DEMO_DATA: "false" }));
  }

  /** Runs a command in the folder, with `input` piped into it. */
  concierge(args: readonly string[], input?: string) {
    return runCommand(args, { env: this.env, input, cwd: this.folder.path });
  }

  /** All users of the server. */
  async stored(): Promise<User[]> {
    return Array.fromAsync(this.client.directory.exportUsers({}));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    await this.server[Symbol.asyncDispose]();
    this.folder[Symbol.dispose]();
  }
}

/** A file of users that are told apart by their number. */
export function csvOf(users: number): string {
  const lines = Array.from(
    { length: users },
    (_, index) => `User ${index},user-${index}@example.com,editor,${index % 100}`,
  );
  return `name,email,role,age\n${lines.join("\n")}\n`;
}
