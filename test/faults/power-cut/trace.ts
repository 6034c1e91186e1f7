/** Something that a process did to files and folders. Paths are absolute. */
export type FileOperation =
  | { readonly kind: "make-folder"; readonly path: string }
  /** Opened so that it is made where it is missing. */
  | { readonly kind: "make-file"; readonly path: string }
  | { readonly kind: "write"; readonly path: string; readonly offset: number; readonly data: Buffer }
  | { readonly kind: "truncate"; readonly path: string; readonly size: number }
  /** A file's content, or a folder's entries, are on disk. */
  | { readonly kind: "sync"; readonly path: string }
  | { readonly kind: "remove"; readonly path: string }
  /** A line that the process wrote to tell what it knew by then. */
  | { readonly kind: "mark"; readonly text: string };

/** What strace must be told for {@link parseTrace}: every call that can change a file, one thread's calls per line. */
export const STRACE_OPTIONS: readonly string[] = [
  ...["-f", "-qq", "--seccomp-bpf", "--signal=none", "--decode-fds=path", "-xx", "-s", "1048576"],
  "--trace=open,openat,openat2,creat,mkdir,mkdirat,write,writev,pwrite64,pwritev,pwritev2,fallocate,truncate,ftruncate," +
    "fsync,fdatasync,sync_file_range,rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,mmap,msync," +
    "copy_file_range,sendfile",
];

/** Name, arguments and result of a call. One that was cut off by the end of its process has the result "?". */
const CALL = /^(\w+)\((.*)\)\s+= (-?\d+|\?)/;
const UNFINISHED = " <unfinished ...>";
const RESUMED = /^<\.\.\. \w+ resumed>/;

/**
 * Reads what strace wrote under {@link STRACE_OPTIONS} and returns what was done, in the order in which the calls
 * returned; calls that failed are left out. Lines written to `marker` are marks. Throws for what could not be told
 * apart afterwards: a call that it does not know, and a write to a file that is being synced on another thread.
 */
export function parseTrace(lines: Iterable<string>, marker: string): FileOperation[] {
  const operations: FileOperation[] = [];
  const unfinished = new Map<string, string>();
  for (const line of lines) {
    const [, thread = "", rest = ""] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (rest.endsWith(UNFINISHED)) {
      unfinished.set(thread, rest.slice(0, -UNFINISHED.length));
      continue;
    }
    const call = rest.replace(RESUMED, () => unfinished.get(thread) ?? "");
    unfinished.delete(thread);
    const operation = toOperation(call, marker);
    if (operation === undefined) continue;
    if (operation.kind === "write" || operation.kind === "truncate") {
      const syncing = [...unfinished.values()].some(
        open => /^f\w*sync\(/.test(open) && pathIn(open) === operation.path,
      );
      if (syncing) throw new Error(`"${operation.path}" is written while it is synced`);
    }
    operations.push(operation);
  }
  return operations;
}

function toOperation(call: string, marker: string): FileOperation | undefined {
  const [, name = "", args = "", result = ""] = CALL.exec(call) ?? [];
  if (name === "" && call !== "") throw new Error(`not a call: ${shorten(call)}`);
  if (result === "" || result.startsWith("-")) return undefined;
  const path = pathIn(args);
  switch (name) {
    case "openat":
      if (args.includes("O_TRUNC")) break;
      return args.includes("O_CREAT") && path !== marker ? { kind: "make-file", path } : undefined;
    case "mkdir":
      return { kind: "make-folder", path };
    case "write":
      if (path !== marker) break;
      return { kind: "mark", text: dataIn(args).toString().trimEnd() };
    case "pwrite64": {
      const data = dataIn(args);
      if (data.length !== Number(result)) break;
      return { kind: "write", path, offset: lastNumber(args), data };
    }
    case "ftruncate":
      return { kind: "truncate", path, size: lastNumber(args) };
    case "fsync":
    case "fdatasync":
      return { kind: "sync", path };
    case "unlink":
      return { kind: "remove", path };
  }
  throw new Error(`a call that is not foreseen: ${shorten(call)}`);
}

/** The path of a descriptor, `22<\x2f…>`, or else the first text. */
function pathIn(args: string): string {
  const descriptor = /^(?:\w+\()?\d+<((?:\\x[0-9a-f]{2})+)>/.exec(args)?.[1];
  return descriptor === undefined ? dataIn(args).toString() : bytesOf(descriptor).toString();
}

/** The first text among the arguments: every byte of it is written as `\x2f`. */
function dataIn(args: string): Buffer {
  const start = args.indexOf('"') + 1;
  return bytesOf(args.slice(start, args.indexOf('"', start)));
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text.replaceAll("\\x", ""), "hex");
}

function lastNumber(args: string): number {
  return Number(args.slice(args.lastIndexOf(",") + 1));
}

function shorten(call: string): string {
  return call.replaceAll(/(?:\\x[0-9a-f]{2})+/g, text => bytesOf(text).toString("latin1").slice(0, 80));
}
