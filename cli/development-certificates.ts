import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../server/store/sqlite/make-folder.ts";
import { makeAuthority } from "./make-certificates.ts";

/** Where a development server is called. */
export const loopbackNames: readonly string[] = ["localhost", "127.0.0.1", "::1"];

/**
 * Writes an authority, a server's certificate for `names` and a client's into `folder`, keys readable by their owner
 * alone. Files of those names that are there already are replaced.
 */
export async function writeDevelopmentCertificates(folder: string, names = loopbackNames): Promise<void> {
  const authority = await makeAuthority("Concierge development");
  const server = await authority.server(names);
  const client = await authority.client("developer");
  makeFolder(folder, 0o700);
  for (const [file, text, mode] of [
    ["ca.pem", authority.cert, 0o644],
    ["server.pem", server.cert, 0o644],
    ["server-key.pem", server.key, 0o600],
    ["client.pem", client.cert, 0o644],
    ["client-key.pem", client.key, 0o600],
  ] as const) {
    // The mode is that of a new file alone.
    rmSync(join(folder, file), { force: true });
    writeFileSync(join(folder, file), text, { mode });
  }
}
