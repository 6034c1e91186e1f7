import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { openStore } from "./open-store.ts";

test("a url that names no store is refused, without its password", async () => {
  for (const url of ["", "sqlite:", "sqlite::disk:", "sqlite://host/x", "mysql://host/x", "./data.db"]) {
    const expected = `database url "${url}" is not one of sqlite:FILE or sqlite::memory:`;
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
