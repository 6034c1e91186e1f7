import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bench } from "../scenario.ts";

/** Builds the program in `grpc-go/`, a server and a client; undefined where there is no Go, or no way to its modules. */
export function buildGrpcGo({ folder }: Bench): string | undefined {
  const program = join(folder, "grpc-go");
  const cwd = fileURLToPath(new URL("grpc-go", import.meta.url));
  try {
    execFileSync("go", ["build", "-o", program, "."], { cwd, stdio: "ignore" });
  } catch {
    return undefined;
  }
  return program;
}
