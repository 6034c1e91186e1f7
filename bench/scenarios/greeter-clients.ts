import { once } from "node:events";
import { goProgram } from "../peers/foreign.ts";
import { startProcess, startServerProcess } from "../peers/process.ts";
import { benchFile, startConcierge } from "../peers/servers.ts";
import type { Bench } from "../scenario.ts";

/** The Node.js clients that are measured, by the names that `load/greeter/caller.ts` knows them by. */
export const CLIENTS = {
  wire: "Concierge client",
  "wire-bare": "Concierge client, no layers",
  "node-http2": "Concierge client on node:http2",
  "connect-node": "connect-node",
  "grpc-js": "grpc-js",
} as const;

export type ClientName = keyof typeof CLIENTS;

/** The server that all clients of a scenario call. */
export interface GreeterServer {
  readonly port: number;
  /** The program of the peers in Go, whose server it is; undefined where there is no Go, and the server is our own. */
  readonly go: string | undefined;
  /** Which it is. */
  readonly note: string;
}

/** Starts the server that clients call; it runs until the scenario is over. */
export async function keepGreeterServer(bench: Bench): Promise<GreeterServer> {
  const go = goProgram(bench);
  if (go === undefined) {
    const { port } = bench.keep(await startConcierge(bench));
    return { port, go, note: "Go is not installed: our own server takes the calls of all" };
  }
  const { port } = bench.keep(await startServerProcess({ command: [go, "grpc"], pinned: bench.machine.pinned }));
  return { port, go, note: "grpc-go's server takes the calls of all" };
}

/** Has a Node.js client do what the arguments of `load/greeter/caller.ts` say, and returns what it measured. */
export function measureClient(bench: Bench, client: ClientName, port: number, ...args: (string | number)[]) {
  const program = benchFile("load/greeter/caller.ts");
  return measureProgram(bench, [process.execPath, program, client, String(port), ...args.map(String)]);
}

/** Runs a program on the core for load, and returns the numbers that it prints. Throws where it fails. */
export async function measureProgram(
  bench: Bench,
  command: readonly string[],
): Promise<Readonly<Record<string, number>>> {
  const child = startProcess({ command, core: "load", pinned: bench.machine.pinned });
  let printed = "";
  child.stdout?.on("data", text => {
    printed += text;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}`);
  return JSON.parse(printed);
}
