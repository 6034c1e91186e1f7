import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeFolder } from "../../test/support/certificates.ts";
import { writeProject } from "./write-project.ts";

const versions = { "@bufbuild/protobuf": "1.2.3" };

test("a project has the new service's names in all of its spellings, and a secret of its own", async () => {
  using made = makeFolder();
  const folder = join(made.path, "order-desk");
  await writeProject({ name: "order-desk", folder, host: "file:host.tgz", versions });
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  assert.ok(files.includes(join("proto", "order_desk", "v1", "order_desk.proto")));
  assert.ok(files.includes(".gitignore"));
  assert.match(read("proto/order_desk/v1/order_desk.proto"), /package order_desk\.v1;.*service OrderDeskService \{/s);
  assert.match(read("service.ts"), /OrderDeskService } from "\.\/gen\/order_desk\/v1\/order_desk_pb\.ts"/);
  const { name, dependencies } = JSON.parse(read("package.json"));
  assert.deepEqual([name, dependencies["concierge-host"]], ["order-desk", "file:host.tgz"]);
  assert.equal(dependencies["@bufbuild/protobuf"], "1.2.3");
  assert.match(read(".env"), /^AUTH_JWT_SECRET=[\w+/]{43}=\n$/);
  for (const file of files) assert.doesNotMatch(file, /sample/);
});

test("a name that says service already says it once", async () => {
  using made = makeFolder();
  await writeProject({ name: "stock-service", folder: made.path, host: "1.0.0", versions });
  const contract = readFileSync(join(made.path, "proto/stock/v1/stock.proto"), "utf8");
  assert.match(contract, /package stock\.v1;.*service StockService \{/s);
  assert.equal(JSON.parse(readFileSync(join(made.path, "package.json"), "utf8")).name, "stock-service");
});

test("names that cannot be one, and folders that hold something, are refused", async () => {
  using made = makeFolder();
  for (const name of ["", "Orders", "7up", "a--b", "a_b", "../a", "a".repeat(61)]) {
    await assert.rejects(writeProject({ name, folder: join(made.path, "new"), host: "1.0.0", versions }), {
      name: "RangeError",
      message: /a name has up to 60 lower-case letters/,
    });
  }
  made.write("notes.txt", "mine");
  await assert.rejects(writeProject({ name: "orders", folder: made.path, host: "1.0.0", versions }), /not empty$/);
  assert.deepEqual(readdirSync(made.path), ["notes.txt"]);
});
