import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { makeAuthority } from "./make-certificates.ts";

/** Where a development server is called. */
const names = ["localhost", "127.0.0.1", "::1"];

/** Writes an authority, a server's and a client's certificate into `folder`, keys readable by their owner alone. */
export async function writeDevelopmentCertificates(folder: string): Promise<void> {
  const authority = await makeAuthority("Concierge development");
  const server = await authority.server(names);
  const client = await authority.client("developer");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [file, text, mode] of [
    ["ca.pem", authority.cert, 0o644],
    ["server.pem", server.cert, 0o644],
    ["server-key.pem", server.key, 0o600],
    ["client.pem", client.cert, 0o644],
    ["client-key.pem", client.key, 0o600],
  ] as const) {
    writeFileSync(join(folder, file), text, { mode });
  }
}

if (import.meta.main) {
  const folder = fileURLToPath(new URL("../certs", import.meta.url));
  await writeDevelopmentCertificates(folder);
  const at = `./${relative(process.cwd(), folder) || "."}`;
  process.stdout.write(`
  Certificates for ${names.join(", ")} are in ${at}; trust ca.pem in a browser to have no warning there.

  server            TLS_CERT_FILE=${at}/server.pem TLS_KEY_FILE=${at}/server-key.pem npm start
  with clients'     TLS_CERT_FILE=${at}/server.pem TLS_KEY_FILE=${at}/server-key.pem TLS_CLIENT_CA_FILE=${at}/ca.pem npm start
  curl              curl --cacert ${at}/ca.pem --cert ${at}/client.pem --key ${at}/client-key.pem https://localhost:50051/
  grpcurl           grpcurl -cacert ${at}/ca.pem -cert ${at}/client.pem -key ${at}/client-key.pem -import-path proto -proto greeter/greeter.proto -d '{"name":"Ada"}' localhost:50051 greeter.Greeter/SayHello

`);
}
