import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { writeContracts } from "./write-contracts.ts";

/** A part of this package that is a package of its own, with no more than it needs. */
export interface Part {
  readonly name: string;
  readonly description: string;
  /** Of what the whole package depends on, what this part needs. */
  readonly dependencies: readonly string[];
  /** What is used where somebody has installed it. */
  readonly optional?: readonly string[];
  /** Files that are compiled, with all that they import. */
  readonly entries: readonly string[];
  /** The manifest's `exports`. */
  readonly exports: Readonly<Record<string, unknown>>;
  readonly sideEffects: boolean;
  /** Its guide, which is its README. */
  readonly guide: string;
  /** The name by which the guide imports it from the whole package. */
  readonly importedAs: string;
  /** Whether the contracts that others' contracts import come along. */
  readonly contracts: boolean;
}

/** Where the compiled file of a source is, with its declarations. */
export function entryOf(source: string) {
  return { types: `./dist/${source}.d.ts`, default: `./dist/${source}.js` };
}

/** Packs a part. Returns the path of the tarball in `destination`. */
export function packPart(part: Part, destination: string): string {
  const folder = mkdtempSync(join(tmpdir(), `${part.name}-`));
  try {
    const { version, license, engines, dependencies } = JSON.parse(readFileSync("package.json", "utf8"));
    const versions = (names: readonly string[]) => Object.fromEntries(names.map(name => [name, dependencies[name]]));
    const { name, description, sideEffects, exports, optional = [] } = part;
    const manifest = {
      ...{ name, version, description, license, type: "module", engines, sideEffects, exports, files: ["dist"] },
      dependencies: versions(part.dependencies),
      ...(optional.length > 0 && {
        peerDependencies: versions(optional),
        peerDependenciesMeta: Object.fromEntries(optional.map(name => [name, { optional: true }])),
      }),
    };
    writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, null, 2));
    cpSync("LICENSE", join(folder, "LICENSE"));
    const guide = readFileSync(part.guide, "utf8");
    writeFileSync(join(folder, "README.md"), guide.replaceAll(`"${part.importedAs}"`, `"${name}"`));
    const build = {
      extends: resolve("tsconfig.build.json"),
      compilerOptions: {
        rootDir: resolve("."),
        outDir: join(folder, "dist"),
        typeRoots: [resolve("node_modules/@types")],
      },
      include: [],
      files: part.entries.map(entry => resolve(entry)),
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(build));
    execFileSync("tsc", ["-p", folder], { stdio: "inherit" });
    if (part.contracts) writeContracts(join(folder, "dist/proto"));
    const pack = ["pack", "--silent", "--pack-destination", resolve(destination)];
    return join(resolve(destination), execFileSync("npm", pack, { cwd: folder, encoding: "utf8" }).trim());
  } finally {
    rmSync(folder, { recursive: true });
  }
}
