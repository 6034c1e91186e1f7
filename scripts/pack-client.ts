import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** What the client needs of what the whole package depends on. */
const needed = ["@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-node", "@connectrpc/connect-web"];

/**
 * Packs the client as a package of its own, `concierge-client`, which brings nothing of the server's: its code, the contracts,
 * and the guide as its README. Returns the path of the tarball in `destination`.
 */
export function packClient(destination: string): string {
  const folder = mkdtempSync(join(tmpdir(), "concierge-client-"));
  try {
    const { version, license, engines, dependencies } = JSON.parse(readFileSync("package.json", "utf8"));
    const entry = (name: string) => ({ types: `./dist/client/${name}.d.ts`, default: `./dist/client/${name}.js` });
    const manifest = {
      name: "concierge-client",
      version,
      description:
        "A client of Connect, gRPC and gRPC-Web services with deadlines, safe retries, tokens and healed streams",
      license,
      type: "module",
      engines,
      // Bundlers leave out what a page does not use, the contracts among it.
      sideEffects: false,
      exports: { ".": { browser: entry("web"), ...entry("index") } },
      files: ["dist"],
      dependencies: Object.fromEntries(needed.map(name => [name, dependencies[name]])),
    };
    writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, null, 2));
    cpSync("LICENSE", join(folder, "LICENSE"));
    const guide = readFileSync("docs/client.md", "utf8");
    writeFileSync(join(folder, "README.md"), guide.replaceAll('"concierge/client"', '"concierge-client"'));
    const build = {
      extends: resolve("tsconfig.build.json"),
      compilerOptions: {
        rootDir: resolve("."),
        outDir: join(folder, "dist"),
        typeRoots: [resolve("node_modules/@types")],
      },
      include: [],
      files: [resolve("client/index.ts"), resolve("client/web.ts")],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(build));
    execFileSync("tsc", ["-p", folder], { stdio: "inherit" });
    const pack = ["pack", "--silent", "--pack-destination", resolve(destination)];
    const name = execFileSync("npm", pack, { cwd: folder, encoding: "utf8" }).trim();
    return join(resolve(destination), name);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) process.stdout.write(`${packClient(process.argv[2] ?? ".")}\n`);
