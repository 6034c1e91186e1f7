import assert from "node:assert/strict";
import { test } from "node:test";
import { draw, importsOf, wrongImports } from "./check-imports.ts";
import { findCircles } from "./find-circles.ts";

function wrong(file: string, specifier: string): number {
  return wrongImports(file, `import { x } from "${specifier}";\n`).length;
}

test("an import is found over several lines, in re-exports, for effects alone and where it comes later", () => {
  const text = `import {\n  x,\n} from "../a.ts";\nexport { y } from "./b.ts";\nimport "node:fs";\nawait import("./c.ts");\n`;
  assert.deepEqual(importsOf("host/lanes/x.ts", text), ["host/a.ts", "host/lanes/b.ts", "node:fs", "host/lanes/c.ts"]);
});

test("a wing imports those that DESIGN draws behind it, and no other", () => {
  assert.equal(wrong("host/lanes/a.ts", "../../server/app.ts"), 1);
  assert.equal(wrong("client/a.ts", "../host/host.ts"), 1);
  assert.equal(wrong("http2/a.ts", "../protocol/envelope.ts"), 1);
  assert.equal(wrong("http2/a.ts", "../gen/helloworld_pb.ts"), 1);
  assert.equal(wrong("protocol/a.ts", "../http2/frames.ts"), 1);
  assert.equal(wrong("server/app.ts", "../protocol/envelope.ts"), 1);
  assert.equal(wrong("web-client/src/a.ts", "../../server/config/config.ts"), 1);
  assert.equal(wrong("server/app.ts", "../host/host.ts"), 0);
  assert.equal(wrong("host/lanes/a.ts", "../../protocol/envelope.ts"), 0);
  assert.equal(wrong("cli/commands/a.ts", "../../server/serve.ts"), 0);
});

test("a room imports those behind it; the files of its wing import each", () => {
  assert.equal(wrong("host/lanes/a.ts", "../listener/sniff.ts"), 1);
  assert.equal(wrong("host/auth/a.ts", "../interceptors/chain.ts"), 1);
  assert.equal(wrong("host/lanes/a.ts", "../host.ts"), 1);
  assert.equal(wrong("server/store/a.ts", "../directory/user.ts"), 1);
  assert.equal(wrong("server/services/a.ts", "../config/config.ts"), 1);
  assert.equal(wrong("server/process/a.ts", "../app.ts"), 1);
  assert.equal(wrong("host/listener/a.ts", "../lanes/lane.ts"), 0);
  assert.equal(wrong("host/listener/a.ts", "./sniff.ts"), 0);
  assert.equal(wrong("host/reflection/a.ts", "../served.ts"), 0);
  assert.equal(wrong("server/app.ts", "./store/open-store.ts"), 0);
});

test("the domain and the stores know no wire, the domain no SQL, tokens no wire, the engine no package", () => {
  assert.equal(wrong("server/directory/a.ts", "@connectrpc/connect"), 1);
  assert.equal(wrong("server/store/a.ts", "../../gen/helloworld_pb.ts"), 1);
  assert.equal(wrong("server/directory/a.ts", "../store/sqlite/driver.ts"), 1);
  assert.equal(wrong("server/directory/a.ts", "../store/postgres/driver.ts"), 1);
  assert.equal(wrong("host/auth/keys.ts", "@connectrpc/connect"), 1);
  assert.equal(wrong("http2/a.ts", "node:http2"), 1);
});

test("a driver of the store keeps to its own packages, and no other file imports them", () => {
  assert.equal(wrong("server/store/postgres/a.ts", "pg"), 0);
  assert.equal(wrong("server/store/a.ts", "pg"), 1);
  assert.equal(wrong("server/services/a.ts", "pg"), 1);
  assert.equal(wrong("server/store/postgres/a.ts", "../sqlite/rows.ts"), 1);
  assert.equal(wrong("server/store/sqlite/a.ts", "../postgres/rows.ts"), 1);
});

test("what of the client runs in browsers knows no Node.js", () => {
  assert.equal(wrong("client/watch/a.ts", "node:events"), 1);
  assert.equal(wrong("client/web.ts", "@connectrpc/connect-node"), 1);
  assert.equal(wrong("client/connection/a.ts", "node:http2"), 0);
  assert.equal(wrong("client/wire/balance/picker.ts", "../connections/links.ts"), 1);
  assert.equal(wrong("client/wire/balance/fleet.ts", "../connections/links.ts"), 0);
});

test("a circle of files is found and told with the way round", () => {
  const graph = new Map([
    ["a.ts", ["b.ts", "node:fs"]],
    ["b.ts", ["c.ts"]],
    ["c.ts", ["b.ts"]],
    ["d.ts", ["a.ts"]],
  ]);
  assert.deepEqual(findCircles(graph), [["b.ts", "c.ts", "b.ts"]]);
  assert.deepEqual(
    findCircles(
      new Map([
        ["a.ts", ["b.ts"]],
        ["b.ts", []],
      ]),
    ),
    [],
  );
});

test("the picture has an arrow for each pair of rooms, once", () => {
  const graph = new Map([
    ["host/lanes/a.ts", ["protocol/x.ts", "host/interceptors/b.ts", "host/lanes/c.ts"]],
    ["host/lanes/c.ts", ["protocol/x.ts", "node:fs"]],
    ["host/interceptors/b.ts", []],
    ["protocol/x.ts", []],
  ]);
  assert.equal(
    draw(graph),
    "```mermaid\nflowchart LR\n  host/lanes --> host/interceptors\n  host/lanes --> protocol\n```",
  );
});
