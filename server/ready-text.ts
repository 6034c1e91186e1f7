import type { AddressInfo } from "node:net";
import type { Config } from "./config.ts";

/** What a person sees when the server is ready: its address, and a line each for browser, curl and grpcurl. */
export function readyText(
  addresses: readonly AddressInfo[],
  { host, reflection }: Pick<Config, "host" | "reflection">,
): string {
  const [first] = addresses;
  if (!first) return "";
  const name = host.includes(":") ? `[${host}]` : host;
  const address = `${name === "0.0.0.0" || name === "[::]" ? "localhost" : name}:${first.port}`;
  const bound = addresses.map(({ address, family, port }) => `${family === "IPv6" ? `[${address}]` : address}:${port}`);
  const contract = reflection === "on" ? "" : " -import-path proto -proto greeter/greeter.proto";
  return `
  Concierge is ready on ${address} (${bound.join(", ")})

  browser   http://${address}/
  curl      curl -H 'content-type: application/json' -d '{"name":"Ada","age":36}' http://${address}/greeter.Greeter/SayHello
  grpcurl   grpcurl -plaintext${contract} -d '{"name":"Ada"}' ${address} greeter.Greeter/SayHello

`;
}
