import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Generates the contracts and the example's anew into an empty folder, and compares them with what is committed. */
const fresh = mkdtempSync(join(tmpdir(), "concierge-gen-"));
try {
  for (const [template, folder] of [
    ["buf.gen.yaml", "gen"],
    ["examples/greeting/buf.gen.yaml", "examples/greeting/gen"],
  ] as const) {
    execFileSync("buf", ["generate", "--template", template, "--output", fresh], { stdio: "inherit" });
    if (folder === "gen") describe(join(fresh, "gen/descriptors.binpb"));
    execFileSync("diff", ["--recursive", "--brief", folder, join(fresh, folder)], { stdio: "inherit" });
  }
} catch {
  process.stderr.write("what is generated is not what the contracts say: run npm run generate\n");
  process.exitCode = 1;
} finally {
  rmSync(fresh, { recursive: true });
}

/** Writes the contracts' descriptors with their comments, which the generated code leaves out. */
function describe(file: string): void {
  execFileSync("buf", ["build", "--as-file-descriptor-set", "--output", file], { stdio: "inherit" });
}
