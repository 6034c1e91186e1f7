import { entryOf, packPart } from "./pack-part.ts";

/**
 * Packs the client as a package of its own, `concierge-client`, which brings nothing of the server's: its code, the contracts,
 * and the guide as its README. Returns the path of the tarball in `destination`.
 */
export function packClient(destination: string): string {
  const client = {
    name: "concierge-client",
    description:
      "A client of Connect, gRPC and gRPC-Web services with deadlines, safe retries, tokens and healed streams",
    dependencies: ["@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-node", "@connectrpc/connect-web"],
    entries: ["client/index.ts", "client/web.ts"],
    exports: { ".": { browser: entryOf("client/web"), ...entryOf("client/index") } },
    // Bundlers leave out what a page does not use, the contracts among it.
    sideEffects: false,
    guide: "docs/client.md",
    importedAs: "concierge/client",
    contracts: false,
  };
  return packPart(client, destination);
}

if (import.meta.main) process.stdout.write(`${packClient(process.argv[2] ?? ".")}\n`);
