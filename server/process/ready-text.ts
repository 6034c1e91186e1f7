import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { hasAuth } from "../access.ts";
import type { Config } from "../config/config.ts";
import { runsFromSource } from "./installation.ts";

/**
 * What a person sees when the server is ready: its address, and a line each for browser, curl and grpcurl. The last is left
 * out where the server does not tell its contracts and there is no checkout that holds them.
 */
export function readyText(
  addresses: readonly AddressInfo[],
  config: Pick<
    Config,
    "host" | "reflection" | "tlsCertFile" | "tlsClientCaFile" | "authJwtSecret" | "authJwtSecretFile" | "authJwksUrl"
  >,
  hasContracts = runsFromSource,
): string {
  const { host, reflection, tlsCertFile, tlsClientCaFile } = config;
  const [first] = addresses;
  if (!first) return "";
  const name = host.includes(":") ? `[${host}]` : host;
  const address = `${name === "0.0.0.0" || name === "[::]" ? "localhost" : name}:${first.port}`;
  const bound = addresses.map(({ address, family, port }) => `${family === "IPv6" ? `[${address}]` : address}:${port}`);
  const files = tlsCertFile ? developmentFiles(dirname(tlsCertFile), tlsClientCaFile !== undefined) : [];
  const scheme = tlsCertFile ? "https" : "http";
  const curl = ["curl", ...files].join(" ");
  const grpcurl = ["grpcurl", ...(tlsCertFile ? files.map(file => file.replace("--", "-")) : ["-plaintext"])].join(" ");
  const tells = reflection === "on" || (reflection === "auth" && !hasAuth(config));
  const contract = tells ? "" : " -import-path proto -proto greeter/greeter.proto";
  const callByGrpcurl = `${grpcurl}${contract} -d '{"name":"Ada"}' ${address} greeter.Greeter/SayHello`;
  return `
  Concierge is ready on ${address} (${bound.join(", ")})

  browser   ${scheme}://${address}/
  curl      ${curl} -H 'content-type: application/json' -d '{"name":"Ada","age":36}' ${scheme}://${address}/greeter.Greeter/SayHello
${tells || hasContracts ? `  grpcurl   ${callByGrpcurl}\n` : ""}
`;
}

/** Options for the files that `npm run dev-cert` puts beside its certificate: no client knows that authority otherwise. */
function developmentFiles(folder: string, clientCertificate: boolean): string[] {
  const options = [["--cacert", "ca.pem"]];
  if (clientCertificate) options.push(["--cert", "client.pem"], ["--key", "client-key.pem"]);
  return options
    .map(([option, file = ""]) => [option, join(folder, file)] as const)
    .filter(([, file]) => existsSync(file))
    .map(([option, file]) => `${option} ${file}`);
}
