import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A project whose names say `sample`; beside the sources, and beside what is compiled of them. */
const template = fileURLToPath(new URL("../../examples/new", import.meta.url));

/** What {@link writeProject} needs to know. */
export interface ProjectOptions {
  /** Letters, digits and hyphens; it names the package, the contract and the service. */
  readonly name: string;
  /** Where the project goes: a folder that is not there, or empty. */
  readonly folder: string;
  /** What of `concierge-host` is depended on: a version, a tarball (`file:…`) or a git address. */
  readonly host: string;
  /** The versions of what else it depends on. */
  readonly versions: Readonly<Record<string, string>>;
}

/** What a project runs with, and what it is made and checked with. */
const runtime = ["@bufbuild/protobuf", "@connectrpc/connect"];
const tools = ["@bufbuild/buf", "@bufbuild/protoc-gen-es", "@connectrpc/connect-node", "@types/node", "typescript"];

/**
 * Writes a new service: contract, implementation, test, `buf` files, scripts, and an `.env` with a secret of its own. Rejects
 * with a `RangeError` for a name that cannot be one, and for a folder that holds something.
 */
export async function writeProject({ name, folder, host, versions }: ProjectOptions): Promise<void> {
  if (!/^[a-z][a-z\d]*(-[a-z\d]+)*$/.test(name) || name.length > 60) {
    throw new RangeError(
      `"${name}": a name has up to 60 lower-case letters and digits, and hyphens between them, such as "my-service"`,
    );
  }
  if ((await readdir(folder).catch(() => [])).length > 0) throw new RangeError(`"${folder}" is there, and not empty`);
  const files = await readdir(template, { recursive: true, withFileTypes: true });
  for (const file of files.filter(file => file.isFile())) {
    const path = join(file.parentPath, file.name);
    const target = join(folder, renamed(path.slice(template.length + 1), name));
    const text = renamed(await readFile(path, "utf8"), name);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, file.name === "package.json" ? withDependencies(text, name, host, versions) : text);
  }
  await writeFile(join(folder, ".env"), `AUTH_JWT_SECRET=${randomBytes(32).toString("base64")}\n`, { mode: 0o600 });
}

/** A path or text of the template with the names of the new service. */
function renamed(text: string, name: string): string {
  // A contract's service ends in Service anyway.
  const stem = name.replace(/-service$/, "");
  const pascal = stem.replace(/(?:^|-)([a-z\d])/g, (_, letter: string) => letter.toUpperCase());
  return (
    text
      .replaceAll("Sample", pascal)
      .replaceAll("# sample", `# ${name}`)
      .replaceAll("sample", stem.replaceAll("-", "_"))
      // npm leaves such a file out of packages.
      .replace(/^gitignore$/, ".gitignore")
  );
}

function withDependencies(text: string, name: string, host: string, versions: ProjectOptions["versions"]): string {
  const pick = (names: readonly string[]) => Object.fromEntries(names.map(each => [each, versions[each]]));
  const manifest = { ...JSON.parse(text), name };
  return `${JSON.stringify({ ...manifest, dependencies: { ...pick(runtime), "concierge-host": host }, devDependencies: pick(tools) }, null, 2)}\n`;
}
