import { basename, dirname, relative, sep } from "node:path";
import type { Random } from "../../support/random.ts";
import type { FileOperation } from "./trace.ts";

/** What a disk writes whole or not at all, in bytes. */
const SECTOR_BYTES = 512;

type Change =
  | { readonly kind: "write"; readonly offset: number; readonly data: Buffer }
  | { readonly kind: "truncate"; readonly size: number };

/** A file: what is on disk for sure, and what was done since. */
interface File {
  synced: Buffer;
  changes: Change[];
}

/** A folder: what each name has stood for since the last sync, the newest last; undefined where there was none. */
type Folder = Map<string, (File | Folder | undefined)[]>;

/** The files of a disk, by their paths from its root. */
export type Image = Map<string, Buffer>;

/** What becomes of what was not synced. */
type Fate = "kept" | "dropped" | "cut short" | "out of order" | "torn";
const FATES: readonly Fate[] = ["kept", "dropped", "cut short", "out of order", "torn"];

/**
 * A disk that loses all it may when the power fails. Only what was synced is sure to be there: a file's content by a sync
 * of the file, its name by one of the folder. Of the rest any part may be there, in any order, down to single sectors.
 */
export class Disk {
  readonly #root: string;
  readonly #files: Folder = new Map();

  /** The folder `root` is on disk, and empty. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Does an operation below the root. */
  apply(operation: FileOperation): void {
    switch (operation.kind) {
      case "make-folder":
        this.#put(operation.path, new Map());
        break;
      case "make-file":
        if (this.#find(operation.path) === undefined)
          this.#put(operation.path, { synced: Buffer.alloc(0), changes: [] });
        break;
      case "remove":
        this.#put(operation.path, undefined);
        break;
      case "write":
      case "truncate":
        this.#file(operation.path).changes.push(operation);
        break;
      case "sync":
        sync(this.#find(operation.path));
    }
  }

  /** Returns the files as running programs see them. */
  now(): Image {
    return collect(
      this.#files,
      versions => versions.at(-1),
      file => changed(file.synced, file.changes),
    );
  }

  /** Returns the files as they may be found after the power failed, in one of many ways. */
  afterPowerCut(random: Random): Image {
    const pick = (versions: readonly (File | Folder | undefined)[]) => pickVersion(versions, random);
    return collect(this.#files, pick, file => pickContent(file, random));
  }

  #find(path: string): File | Folder | undefined {
    let found: File | Folder | undefined = this.#files;
    for (const name of relative(this.#root, path).split(sep)) {
      if (name === "") continue;
      found = found instanceof Map ? found.get(name)?.at(-1) : undefined;
    }
    return found;
  }

  #file(path: string): File {
    const file = this.#find(path);
    if (file === undefined || file instanceof Map) throw new Error(`"${path}" is not a file`);
    return file;
  }

  #put(path: string, entry: File | Folder | undefined): void {
    const folder = this.#find(dirname(path));
    if (!(folder instanceof Map)) throw new Error(`"${dirname(path)}" is not a folder`);
    const versions = folder.get(basename(path));
    if (versions) versions.push(entry);
    else folder.set(basename(path), [undefined, entry]);
  }
}

function sync(entry: File | Folder | undefined): void {
  if (entry instanceof Map) {
    for (const [name, versions] of entry) entry.set(name, versions.slice(-1));
  } else if (entry) {
    entry.synced = changed(entry.synced, entry.changes);
    entry.changes = [];
  }
}

function collect(
  folder: Folder,
  pick: (versions: readonly (File | Folder | undefined)[]) => File | Folder | undefined,
  read: (file: File) => Buffer,
): Image {
  const image: Image = new Map();
  for (const [name, versions] of folder) {
    const entry = pick(versions);
    if (entry instanceof Map)
      for (const [path, bytes] of collect(entry, pick, read)) image.set(`${name}/${path}`, bytes);
    else if (entry) image.set(name, read(entry));
  }
  return image;
}

function pickVersion<T>(versions: readonly T[], random: Random): T | undefined {
  const fate = random.pick(FATES);
  if (fate === "kept") return versions.at(-1);
  return fate === "dropped" ? versions[0] : random.pick(versions);
}

function pickContent({ synced, changes }: File, random: Random): Buffer {
  const share = random.pick([0.1, 0.5, 0.9]);
  switch (random.pick(FATES)) {
    case "kept":
      return changed(synced, changes);
    case "dropped":
      return synced;
    case "cut short":
      return changed(synced, changes.slice(0, random.below(changes.length + 1)));
    case "out of order":
      return changed(
        synced,
        changes.filter(() => random.chance(share)),
      );
    case "torn": {
      const kept = changed(
        synced,
        changes.flatMap(sectors).filter(() => random.chance(share)),
      );
      // A file may have got its new size without its new content.
      const { length } = changed(synced, changes);
      return random.chance(0.5) && length > kept.length ? resized(kept, length) : kept;
    }
  }
}

/** A write as the sectors that it changes; bytes beside the written ones stay as they are. */
function sectors(change: Change): Change[] {
  if (change.kind === "truncate") return [change];
  const { offset, data } = change;
  const pieces: Change[] = [];
  for (let from = 0; from < data.length; ) {
    const to = Math.min(data.length, from + SECTOR_BYTES - ((offset + from) % SECTOR_BYTES));
    pieces.push({ kind: "write", offset: offset + from, data: data.subarray(from, to) });
    from = to;
  }
  return pieces;
}

/** The content after some changes, in a buffer of its own. */
function changed(content: Buffer, changes: readonly Change[]): Buffer {
  let result: Buffer = Buffer.from(content);
  for (const change of changes) {
    if (change.kind === "truncate") {
      result = resized(result, change.size);
      continue;
    }
    const end = change.offset + change.data.length;
    if (end > result.length) result = resized(result, end);
    change.data.copy(result, change.offset);
  }
  return result;
}

/** The content cut to a size, or filled up to it with zeros. */
function resized(content: Buffer, size: number): Buffer {
  const result = Buffer.alloc(size);
  content.copy(result);
  return result;
}
