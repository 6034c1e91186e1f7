import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { writePlainContract } from "../../../bench/peers/plain-contract.ts";
import { makeFolder } from "../../support/certificates.ts";
import { installedTool } from "../../support/tools.ts";

/** A server that no one here wrote. */
export type PeerName = "grpc-go" | "connect-go" | "grpcio";

/** What a server of gRPC's does with its connections. connect-go has no such settings. */
export interface PeerOptions {
  /** Milliseconds, give or take a tenth, after which it sends a connection away. Defaults to 0, never. */
  readonly maxAgeMs?: number;
  /** The most streams of a connection. Defaults to 0, its own default. */
  readonly maxStreams?: number;
}

/** A server that runs. */
export interface Peer extends AsyncDisposable {
  readonly port: number;
}

const here = import.meta.dirname;
const judge = join(here, "../../judge");

/** Generates, builds and starts servers; the programs go with it. */
export interface PeerPrograms extends Disposable {
  /** Starts one on a free port. Throws where it ends before it listens. */
  start(name: PeerName, options?: PeerOptions): Promise<Peer>;
}

/** Builds the servers. Throws where Go or Python's grpcio is missing. */
export function buildPeers(): PeerPrograms {
  const folder = makeFolder();
  const contract = writePlainContract(folder.path);
  const cwd = join(here, "go");
  const go = join(folder.path, "go-peers");
  const options = { cwd, stdio: "pipe" } as const;
  execFileSync(join(here, "../../../node_modules/.bin/buf"), ["generate", contract], options);
  execFileSync("go", ["build", "-o", go, "."], options);
  return {
    start(name, { maxAgeMs = 0, maxStreams = 0 } = {}) {
      const limits = [String(maxAgeMs), String(maxStreams)];
      if (name === "grpc-go") return startPeer(go, ["grpc", ...limits]);
      if (name === "connect-go") return startPeer(go, ["connect"]);
      return startPeer(installedTool("python/bin/python"), [join(here, "grpcio.py"), contract, ...limits]);
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

async function startPeer(file: string, args: readonly string[]): Promise<Peer> {
  // The judge's status.proto is what grpcio makes errors' details of.
  const env = { ...process.env, PYTHONPATH: judge, PYTHONDONTWRITEBYTECODE: "1" };
  const child = spawn(file, args, { env, stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  for await (const line of createInterface(child.stdout)) {
    return {
      port: Number(line),
      async [Symbol.asyncDispose]() {
        child.stdin.end();
        await exited;
      },
    };
  }
  throw new Error(`${file} ended before it listened: ${await exited}`);
}
