import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Authority, type KeyPair, makeAuthority } from "../../cli/make-certificates.ts";

/** A folder that goes with the test. */
export interface TestFolder extends Disposable {
  readonly path: string;
  /** Writes a file there and answers its path. */
  write(name: string, content: string | Buffer): string;
}

/** Makes a folder for a test's files. */
export function makeFolder(): TestFolder {
  const path = mkdtempSync(join(tmpdir(), "concierge-"));
  return {
    path,
    write(name, content) {
      writeFileSync(join(path, name), content);
      return join(path, name);
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  };
}

/** An authority, a server's certificate of it, and the files that a server reads. */
export interface TestCertificates extends Disposable {
  readonly authority: Authority;
  readonly server: KeyPair;
  readonly folder: TestFolder;
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
}

/** Makes certificates for localhost in a folder of their own. */
export async function makeCertificates(): Promise<TestCertificates> {
  const authority = await makeAuthority("test authority");
  const server = await authority.server(["localhost", "127.0.0.1", "::1"]);
  const folder = makeFolder();
  return {
    authority,
    server,
    folder,
    certFile: folder.write("server.pem", server.cert),
    keyFile: folder.write("server-key.pem", server.key),
    caFile: folder.write("ca.pem", authority.cert),
    [Symbol.dispose]: folder[Symbol.dispose],
  };
}
