import { open, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";

/**
 * Writes chunks of text into a file that appears, or is replaced, in one step once all of it is on disk; if a chunk
 * throws, the file stays as it was. It is its owner's alone. What is no ordinary file, such as a pipe or /dev/null, is
 * written to as it is.
 */
export async function writeAtomically(file: string, chunks: AsyncIterable<string>): Promise<void> {
  const before = await stat(file).catch(() => undefined);
  if (before?.isDirectory()) throw Object.assign(new Error(`"${file}" is a folder`), { syscall: "open" });
  if (before !== undefined && !before.isFile()) return writeAll(file, chunks);
  // A link stays a link, also where its file is not there yet.
  const linked = async () => resolve(dirname(file), await readlink(file).catch(() => basename(file)));
  const target = before === undefined ? await linked() : await realpath(file);
  const partial = `${target}.${process.pid}.partial`;
  try {
    await writeAll(partial, chunks);
    await rename(partial, target);
    await flushFolder(dirname(target));
  } finally {
    await rm(partial, { force: true });
  }
}

async function writeAll(file: string, chunks: AsyncIterable<string>): Promise<void> {
  await using handle = await open(file, "w", 0o600);
  const isFile = (await handle.stat()).isFile();
  for await (const chunk of chunks) await handle.writeFile(chunk);
  if (isFile) await handle.sync();
}

async function flushFolder(folder: string): Promise<void> {
  await using handle = await open(folder);
  await handle.sync();
}
