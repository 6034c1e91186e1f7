import { execFileSync } from "node:child_process";
import { statfsSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem, type } from "node:os";

/** Where numbers come from. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly os: string;
  readonly node: string;
  /** Whether servers and load have a core each. */
  readonly pinned: boolean;
  /** What data files lie on. */
  readonly fileSystem: string;
}

/** Which core a process gets; `any` leaves it to the system. */
export type Core = "server" | "load" | "any";

const coreNumbers = { server: "0", load: "1" } as const;

/** The magic numbers of Linux's statfs(2) that are met most. */
const fileSystems: Readonly<Record<number, string>> = {
  61267: "ext4",
  16914836: "tmpfs",
  2035054128: "overlayfs",
  1481003842: "xfs",
  2435016766: "btrfs",
};

/** Describes this machine; data files lie in `folder`. */
export function describeMachine(folder: string): Machine {
  const magic = statfsSync(folder).type;
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()}`,
    node: process.version,
    pinned: canPin(),
    fileSystem: fileSystems[magic] ?? `file system 0x${magic.toString(16)}`,
  };
}

/** The command that runs a program on a core, where that can be told; the program as it is elsewhere. */
export function pin(core: Core, pinned: boolean, command: readonly string[]): { file: string; args: string[] } {
  const [file = "", ...args] = pinned && core !== "any" ? ["taskset", "-c", coreNumbers[core], ...command] : command;
  return { file, args };
}

/** The machine in a line. */
export function machineText({ cpu, cores, memoryGb, os, node, pinned, fileSystem }: Machine): string {
  const where = pinned
    ? "servers on core 0, load on core 1"
    : "nothing pinned: taskset or a second core is missing, so servers and load disturb each other";
  return `${cpu}, ${cores} cores, ${memoryGb} GB, ${os}, Node ${node}, data on ${fileSystem}; ${where}`;
}

function canPin(): boolean {
  if (availableParallelism() < 2) return false;
  try {
    execFileSync("taskset", ["-c", "0,1", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
