import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bench } from "../scenario.ts";
import { writePlainContract } from "./plain-contract.ts";
import { type ServerProcess, startServerProcess } from "./process.ts";

/** Servers in other languages; Go's share a program. */
export type ForeignPeer = "grpc-go" | "connect-go" | "tonic" | "Python grpcio";

/** A server in another language that runs. */
export interface Running {
  readonly name: ForeignPeer;
  readonly server: ServerProcess;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const tools = join(root, ".tools");

/** How each is built: from the contract to the command that serves it, throwing where that can't be done here. */
const builders: Readonly<Record<ForeignPeer, (contract: string) => readonly string[]>> = {
  "grpc-go": contract => [buildGo(contract), "grpc"],
  "connect-go": contract => [buildGo(contract), "connect"],
  tonic: contract => [buildTonic(contract)],
  "Python grpcio": contract => [python(), peerFile("grpcio.py"), contract],
};

/** Starts those that this machine can build; they run until the scenario is over. `notes` tell what is left out. */
export async function keepForeignPeers(
  bench: Bench,
  names: readonly ForeignPeer[],
): Promise<{ readonly peers: readonly Running[]; readonly notes: readonly string[] }> {
  const peers: Running[] = [];
  const notes: string[] = [];
  for (const name of names) {
    const command = commandOf(bench, name);
    if (!command) {
      notes.push(`${name} is left out: what builds it is not installed`);
      continue;
    }
    const server = await startServerProcess({ command, pinned: bench.machine.pinned, env: { GOMAXPROCS: "1" } });
    peers.push({ name, server: bench.keep(server) });
  }
  return { peers, notes };
}

/** The program of the peers in Go, which is a client as well; undefined where there is no Go, or no way to its modules. */
export function goProgram(bench: Bench): string | undefined {
  return commandOf(bench, "grpc-go")?.[0];
}

function commandOf({ folder }: Bench, name: ForeignPeer): readonly string[] | undefined {
  try {
    return builders[name](writePlainContract(folder));
  } catch {
    return undefined;
  }
}

function peerFile(name: string): string {
  return join(root, "bench/peers", name);
}

function run(file: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): void {
  execFileSync(file, args, { cwd, env: { ...process.env, ...env }, stdio: "ignore" });
}

function buildGo(contract: string): string {
  const cwd = peerFile("go");
  const program = join(tools, "bench/go-peers");
  run("buf", ["generate", contract], cwd);
  run("go", ["build", "-o", program, "."], cwd);
  return program;
}

function buildTonic(contract: string): string {
  const target = join(tools, "bench/tonic");
  run("cargo", ["build", "--release", "--locked", "--target-dir", target], peerFile("tonic"), {
    GREETER_CONTRACT: contract,
  });
  return join(target, "release/bench-tonic");
}

function python(): string {
  const own = join(tools, "python/bin/python");
  const python = existsSync(own) ? own : "python3";
  run(python, ["-c", "import grpc, google.protobuf"], root);
  return python;
}
