import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { CliError, exitCodes, usageError } from "../cli-error.ts";

/** Reads files of a binary `google.protobuf.FileDescriptorSet`, such as `buf build` and protoc write. */
export async function readProtosets(names: readonly string[]): Promise<FileDescriptorProto[]> {
  const sets = await Promise.all(
    names.map(async name => {
      const bytes = await readFile(name).catch(error => {
        throw usageError(`--protoset "${name}" cannot be read: ${error.message}`);
      });
      return parseSet(bytes, `--protoset "${name}"`);
    }),
  );
  return sets.flat();
}

/**
 * Compiles proto files with what they import, by buf or else protoc, whichever is in PATH. `importPaths` are the
 * folders that names are relative to; without them, buf finds the module that a file is in, and protoc takes the file's
 * folder. Rejects with a `CliError` that has the compiler's own words.
 */
export async function compileProtos(
  names: readonly string[],
  importPaths: readonly string[],
  signal: AbortSignal,
): Promise<FileDescriptorProto[]> {
  if (names.length === 0) {
    if (importPaths.length > 0) throw usageError("--import-path says where the files of --proto are: give --proto");
    return [];
  }
  const files = names.map(name => locate(name, importPaths));
  const folder = await mkdtemp(join(tmpdir(), "concierge-"));
  try {
    return (
      (await compileByBuf(files, importPaths, folder, signal)) ??
      (await compileByProtoc(files, importPaths, folder, signal))
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function locate(name: string, importPaths: readonly string[]): string {
  const found = [name, ...importPaths.map(path => join(path, name))].find(path => existsSync(path));
  if (found === undefined) throw usageError(`--proto "${name}" is not there`);
  return found;
}

/** Undefined where there is no buf, or where it cannot do it: it takes one folder alone. */
async function compileByBuf(
  files: readonly string[],
  [root, second]: readonly string[],
  folder: string,
  signal: AbortSignal,
): Promise<FileDescriptorProto[] | undefined> {
  if (second !== undefined) return undefined;
  const inputs = root === undefined ? files.map(file => [file]) : [[root, ...files.flatMap(file => ["--path", file])]];
  const found: FileDescriptorProto[] = [];
  for (const input of inputs) {
    const set = join(folder, "buf.binpb");
    const args = ["build", ...input, "--as-file-descriptor-set", "--exclude-source-info", "-o", set];
    if (!(await runsWell("buf", args, signal))) return undefined;
    found.push(...parseSet(await readFile(set), "--proto"));
  }
  return found;
}

async function compileByProtoc(
  files: readonly string[],
  importPaths: readonly string[],
  folder: string,
  signal: AbortSignal,
): Promise<FileDescriptorProto[]> {
  const roots = importPaths.length > 0 ? importPaths : [...new Set(files.map(file => dirname(file)))];
  const set = join(folder, "protoc.binpb");
  const args = [...roots.map(root => `-I${root}`), "--include_imports", `--descriptor_set_out=${set}`, ...files];
  if (await runsWell("protoc", args, signal)) return parseSet(await readFile(set), "--proto");
  const needed = importPaths.length > 1 ? "protoc, for more than one --import-path," : "buf or protoc";
  throw usageError(
    `--proto needs ${needed} in PATH, and it is not there`,
    "npm install --global @bufbuild/buf; or give --protoset what `buf build -o FILE` has written elsewhere",
  );
}

/** Runs a compiler. False where there is no such program. */
async function runsWell(program: string, args: readonly string[], signal: AbortSignal): Promise<boolean> {
  try {
    await promisify(execFile)(program, args, { signal });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    const { code, stderr = "", message } = error as Error & { readonly code?: unknown; readonly stderr?: string };
    if (code === "ENOENT") return false;
    throw new CliError(`--proto: ${stderr.trim() || message}`, { exitCode: exitCodes.badInput, cause: error });
  }
}

function parseSet(bytes: Uint8Array, what: string): FileDescriptorProto[] {
  try {
    return fromBinary(FileDescriptorSetSchema, bytes).file;
  } catch (error) {
    throw new CliError(`${what} is no FileDescriptorSet: ${(error as Error).message}`, {
      exitCode: exitCodes.badInput,
      cause: error,
    });
  }
}
