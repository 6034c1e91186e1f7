import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The path of a foreign program that `scripts/install-clients.sh` installs. Throws where it is missing. */
export function installedTool(
  path: "bin/grpcurl" | "bin/h2spec" | "bin/hpack-peer" | "java/classes" | "java/lib" | "openapi" | "python/bin/python",
): string {
  const file = fileURLToPath(new URL(`../../.tools/${path}`, import.meta.url));
  if (!existsSync(file)) throw new Error(`.tools/${path} is missing: run scripts/install-clients.sh`);
  return file;
}
