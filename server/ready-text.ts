import type { AddressInfo } from "node:net";

/** What a person sees when the server is ready: its address, and a line each for browser, curl and grpcurl. */
export function readyText(addresses: readonly AddressInfo[], host: string): string {
  const [first] = addresses;
  if (!first) return "";
  const name = host.includes(":") ? `[${host}]` : host;
  const address = `${name === "0.0.0.0" || name === "[::]" ? "localhost" : name}:${first.port}`;
  const bound = addresses.map(({ address, family, port }) => `${family === "IPv6" ? `[${address}]` : address}:${port}`);
  return `
  Concierge is ready on ${address} (${bound.join(", ")})

  browser   http://${address}/
  curl      curl -H 'content-type: application/json' -d '{"name":"Ada","age":36}' http://${address}/greeter.Greeter/SayHello
  grpcurl   grpcurl -plaintext -import-path proto -proto greeter/greeter.proto -d '{"name":"Ada"}' ${address} greeter.Greeter/SayHello

`;
}
