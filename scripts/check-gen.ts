import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Generates the contracts anew into an empty folder and compares it with gen/. */
const fresh = mkdtempSync(join(tmpdir(), "concierge-gen-"));
try {
  execFileSync("buf", ["generate", "--output", fresh], { stdio: "inherit" });
  execFileSync("diff", ["--recursive", "--brief", "gen", join(fresh, "gen")], { stdio: "inherit" });
} catch {
  process.stderr.write("gen/ is not what proto/ says: run npm run generate\n");
  process.exitCode = 1;
} finally {
  rmSync(fresh, { recursive: true });
}
