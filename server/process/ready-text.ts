import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { socketPathOf } from "../../host/listener/bind.ts";
import { hasAuth, isOfThisMachine, keySource } from "../config/access-settings.ts";
import type { Config } from "../config/config.ts";
import { commands, runsFromSource } from "./installation.ts";

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
  const path = socketPathOf(host);
  if (path !== undefined) return socketText(path, tlsCertFile ? "https" : "http");
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

function socketText(path: string, scheme: string): string {
  return `
  Concierge is ready on unix:${path}

  curl      curl --unix-socket ${path} -H 'content-type: application/json' -d '{"name":"Ada"}' ${scheme}://localhost/greeter.Greeter/SayHello
  concierge ${commands.concierge} users list --address unix:${path}

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

/** Who may call, in a line for a person at the terminal. */
export function describeAccess(config: Config): string {
  const source = keySource(config);
  if (source?.url) return `  callers   sign in by tokens of ${source.url.origin}\n\n`;
  const token = `${commands.concierge} token --sub you --role admin`;
  if (source) return `  callers   sign in by tokens; for development: ${token}\n\n`;
  const who = isOfThisMachine(config.host)
    ? socketPathOf(config.host)
      ? "who may open the socket: authentication is off, and its file is this user's alone"
      : "everybody on this machine: authentication is off, so it listens on loopback alone"
    : "everybody who can reach it may read, change and delete all users: authentication is off (INSECURE)";
  return `  callers   ${who}\n\n`;
}
