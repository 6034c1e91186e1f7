import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { Command } from "commander";
import { usageError } from "../cli-error.ts";
import { addExamples } from "../command.ts";
import type { Context } from "../context.ts";

interface NewOptions {
  readonly host?: string;
}

/** `concierge new`: a service of one's own on the host. */
export function addNew(program: Command, { stdout }: Context): void {
  const command = program
    .command("new")
    .summary("start a service of your own")
    .description(
      "Writes a new service into a folder: contract, implementation, test, settings with a secret, and scripts to generate, check, test and serve it.",
    )
    .argument("<folder>", "where to; its name is that of the service")
    .option("--host <spec>", "where concierge-host comes from: a version, file:… of a tarball, or a git address")
    .action(async (folder: string, { host }: NewOptions) => {
      stdout.write(await write(folder, host));
    });
  addExamples(command, [
    ["into ./shipping", "concierge new shipping"],
    ["on a host that was packed from a checkout", "concierge new tracking --host file:../concierge-host-0.1.0.tgz"],
  ]);
}

async function write(folder: string, host: string | undefined): Promise<string> {
  const { writeProject } = await import("../new/write-project.ts");
  const { version, dependencies, devDependencies } = await readManifest();
  try {
    const versions = { ...dependencies, ...devDependencies };
    await writeProject({ name: basename(resolve(folder)), folder, host: host ?? version, versions });
  } catch (error) {
    throw error instanceof RangeError ? usageError(error.message) : error;
  }
  return `
  A new service is in ${folder}:

  cd ${folder}
  npm install
  npm test
  npm start

`;
}

/** The manifest is one folder above the sources, and two above the compiled files. */
async function readManifest() {
  const [source, compiled] = ["../../package.json", "../../../package.json"].map(
    path => new URL(path, import.meta.url),
  );
  const text = await readFile(source as URL, "utf8").catch(() => readFile(compiled as URL, "utf8"));
  return JSON.parse(text);
}
