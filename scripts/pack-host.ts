import { entryOf, packPart } from "./pack-part.ts";

/**
 * Packs the host as a package of its own, `concierge-host`: what a service of somebody else's needs, without Concierge, its
 * store, page and command line. Returns the path of the tarball in `destination`.
 */
export function packHost(destination: string): string {
  const host = {
    name: "concierge-host",
    description: "A host for Connect, gRPC and gRPC-Web services on one port: auth, limits, CORS, TLS, health, drain",
    dependencies: [
      "@bufbuild/protobuf",
      "@bufbuild/protovalidate",
      "@connectrpc/connect",
      "@connectrpc/connect-node",
      "@connectrpc/validate",
      "fastify",
      "jose",
      "limiter",
      "pino",
      "yaml",
    ],
    // The stock lane, and lines for people.
    optional: ["@connectrpc/connect-fastify", "pino-pretty"],
    entries: ["host/index.ts", "gen/concierge/policy/v1/policy_pb.ts"],
    exports: { ".": entryOf("host/index"), "./policy": entryOf("gen/concierge/policy/v1/policy_pb") },
    sideEffects: true,
    guide: "docs/toolkit.md",
    importedAs: "concierge",
    contracts: true,
  };
  return packPart(host, destination);
}

if (import.meta.main) process.stdout.write(`${packHost(process.argv[2] ?? ".")}\n`);
