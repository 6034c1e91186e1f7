import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTrace } from "./trace.ts";

function hex(text: string): string {
  return [...Buffer.from(text)].map(byte => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

const FILE = `22<${hex("/d/x.db")}>`;
const MARKER = `9<${hex("/m")}>`;

test("calls that change files are read with their paths and bytes", () => {
  const trace = [
    `7  mkdir("${hex("/d")}", 0777) = 0`,
    `7  openat(AT_FDCWD<${hex("/")}>, "${hex("/d/x.db")}", O_RDWR|O_CREAT|O_CLOEXEC, 0644) = ${FILE}`,
    `7  openat(AT_FDCWD<${hex("/")}>, "${hex("/d/x.db")}", O_RDWR|O_CLOEXEC) = 23<${hex("/d/x.db")}>`,
    `7  pwrite64(${FILE}, "${hex('a, "b"')}", 6, 4096) = 6`,
    `7  ftruncate(${FILE}, 8192)           = 0`,
    `7  fdatasync(${FILE})                 = 0`,
    `7  fsync(5<${hex("/d")}>) = 0`,
    `7  unlink("${hex("/d/x.db")}") = 0`,
    `7  write(${MARKER}, "${hex("{}\n")}", 3) = 3`,
  ];
  assert.deepEqual(parseTrace(trace, "/m"), [
    { kind: "make-folder", path: "/d" },
    { kind: "make-file", path: "/d/x.db" },
    { kind: "write", path: "/d/x.db", offset: 4096, data: Buffer.from('a, "b"') },
    { kind: "truncate", path: "/d/x.db", size: 8192 },
    { kind: "sync", path: "/d/x.db" },
    { kind: "sync", path: "/d" },
    { kind: "remove", path: "/d/x.db" },
    { kind: "mark", text: "{}" },
  ]);
});

test("a call that failed has done nothing", () => {
  assert.deepEqual(parseTrace([`7  unlink("${hex("/x")}") = -1 ENOENT (No such file or directory)`], "/m"), []);
});

test("a call that another thread's interrupts counts from when it returned", () => {
  const trace = [
    `8  fsync(${FILE} <unfinished ...>`,
    `7  write(${MARKER}, "${hex("early")}", 5) = 5`,
    "8  <... fsync resumed>) = 0",
    `7  write(${MARKER}, "${hex("late")}", 4) = 4`,
  ];
  assert.deepEqual(
    parseTrace(trace, "/m").map(operation => (operation.kind === "mark" ? operation.text : operation.kind)),
    ["early", "sync", "late"],
  );
});

test("what could not be replayed is refused", () => {
  const refused: [RegExp, ...string[]][] = [
    [/not foreseen: fallocate/, `7  fallocate(${FILE}, 0, 0, 4096) = 0`],
    [/not foreseen: write/, `7  write(${FILE}, "${hex("x")}", 1) = 1`],
    [/not foreseen: pwrite64/, `7  pwrite64(${FILE}, "${hex("xy")}", 2, 0) = 1`],
    [/not foreseen: pwrite64/, `7  pwrite64(${FILE}, "${hex("xy")}"..., 4096, 0) = 4096`],
    [/not foreseen: openat/, `7  openat(AT_FDCWD, "${hex("/x")}", O_RDWR|O_CREAT|O_TRUNC, 0644) = 3`],
    [
      /written while it is synced/,
      `8  fsync(${FILE} <unfinished ...>`,
      `7  pwrite64(${FILE}, "${hex("x")}", 1, 0) = 1`,
    ],
    [/not a call/, "7  strace: Process 9 attached"],
  ];
  for (const [message, ...trace] of refused) assert.throws(() => parseTrace(trace, "/m"), { message });
});
