import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { socketPathOf } from "../../host/listener/bind.ts";
import { hasAuth, isOfThisMachine, keySource } from "../../host/settings/access-settings.ts";
import type { Config } from "../config/config.ts";
import { commands, runsFromSource } from "./installation.ts";

/**
 * The line that says ready where others are JSON: `addresses` are what is listened on, `url` is how it is called from here.
 * Written whatever the level of the log, as is what a person sees.
 */
export function readyLine(addresses: readonly AddressInfo[], config: Config): string {
  const bound = addresses.map(shown);
  const path = socketPathOf(config.host);
  const address = path === undefined ? nameOf(config.host, addresses[0]?.port) : `unix:${path}`;
  const url = path === undefined ? `${config.tlsCertFile ? "https" : "http"}://${address}` : address;
  const msg = `Concierge is ready on ${address} (${bound.join(", ")})`;
  const line = { level: 30, time: Date.now(), url, addresses: bound, callers: callersText(config), msg };
  return `${JSON.stringify(line)}\n`;
}

function shown({ address, family, port }: AddressInfo): string {
  if (family === "unix") return `unix:${address}`;
  return `${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

/** How a host and a port are called from this machine. */
function nameOf(host: string, port: number | undefined): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return `${name === "0.0.0.0" || name === "[::]" ? "localhost" : name}:${port}`;
}

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
  const address = nameOf(host, first.port);
  const bound = addresses.map(shown);
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
  return `  callers   ${callersText(config)}\n\n`;
}

function callersText(config: Config): string {
  const source = keySource(config);
  if (source?.jwksUrl) return `sign in by tokens of ${source.jwksUrl.origin}`;
  if (source) return `sign in by tokens; for development: ${commands.concierge} token --sub you --role admin`;
  if (socketPathOf(config.host)) return "who may open the socket, this user alone: authentication is off";
  return isOfThisMachine(config.host)
    ? "everybody on this machine: authentication is off, so it listens on loopback alone"
    : "everybody who can reach it may read, change and delete all users: authentication is off (INSECURE)";
}
