import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { openStore } from "./open-store.ts";

test("a url that names no store is refused, without its password", async () => {
  for (const url of ["", "sqlite:", "sqlite::disk:", "sqlite://host/x", "mysql://host/x", "./data.db"]) {
    const expected = `database url "${url}" is not one of sqlite:FILE, sqlite::memory: or postgresql://USER@HOST/DATABASE`;
    await assert.rejects(openStore(url), { name: "StoreOpenError", message: expected });
  }
  await assert.rejects(openStore("mysql://me:secret@host/x"), { message: /"mysql:\/\/\*\*\*@host\/x"/ });
});

test("a store in memory leaves no file behind", async () => {
  const folders = () => new Set(readdirSync(tmpdir()).filter(name => name.startsWith(`concierge-${process.pid}-`)));
  // Of a process of that number that was killed.
  const others = folders();
  const store = await openStore("sqlite::memory:");
  assert.equal(folders().difference(others).size, 1);
  await store.close();
  assert.deepEqual(folders(), others);
});

test("a store loads its own driver and nothing of the other", () => {
  const loadedBy = (url: string) => {
    const program = `
      import { registerHooks } from "node:module";
      registerHooks({ load(url, context, next) { process.stdout.write(url + "\\n"); return next(url, context); } });
      const { openStore } = await import(${JSON.stringify(import.meta.resolve("./open-store.ts"))});
      await openStore(${JSON.stringify(url)}).then(store => store.close(), () => {});`;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
    const modules = stdout.split("\n");
    return [/\/store\/sqlite\//, /^node:sqlite$/, /\/store\/postgres\//, /\/node_modules\/pg\//].map(part =>
      modules.some(name => part.test(name)),
    );
  };
  assert.deepEqual(loadedBy("sqlite::memory:"), [true, true, false, false]);
  // A socket's folder that is not there.
  assert.deepEqual(loadedBy("postgresql://me@/x?host=/nowhere&schema=Bad"), [false, false, true, true]);
});
