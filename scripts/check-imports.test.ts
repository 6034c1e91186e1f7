import assert from "node:assert/strict";
import { test } from "node:test";
import { wrongImports } from "./check-imports.ts";

test("an import against the way through the house is found, also over several lines and in re-exports", () => {
  assert.equal(wrongImports("server/services/a.ts", 'import {\n  x,\n} from "../lanes/lane.ts";\n').length, 1);
  assert.equal(wrongImports("server/store/a.ts", 'export { x } from "../directory/user.ts";\n').length, 1);
  assert.equal(wrongImports("host/lanes/a.ts", 'import "../listener/sniff.ts";\n').length, 1);
});

test("an import along the way, and within a folder, is fine", () => {
  assert.deepEqual(wrongImports("server/services/a.ts", 'import { x } from "../directory/user.ts";\n'), []);
  assert.deepEqual(wrongImports("server/services/a.ts", 'import { x } from "./b.ts";\n'), []);
  assert.deepEqual(wrongImports("server/app.ts", 'import { x } from "./listener/one-port.ts";\n'), []);
});

test("the domain and the stores know no wire, the domain no SQL, the browser no server", () => {
  assert.equal(wrongImports("server/directory/a.ts", 'import { Code } from "@connectrpc/connect";\n').length, 1);
  assert.equal(wrongImports("server/store/a.ts", 'import { X } from "../../gen/helloworld_pb.ts";\n').length, 1);
  assert.equal(wrongImports("server/directory/a.ts", 'import { X } from "../store/sqlite/driver.ts";\n').length, 1);
  assert.equal(wrongImports("web-client/src/a.ts", 'import { x } from "../../server/config.ts";\n').length, 1);
  assert.equal(wrongImports("server/store/a.ts", 'import type { Config } from "../config.ts";\n').length, 1);
});

test("the client knows no server, and what of it runs in browsers no Node.js", () => {
  assert.equal(wrongImports("client/retry/a.ts", 'import { x } from "../../server/config.ts";\n').length, 1);
  assert.equal(wrongImports("client/watch/a.ts", 'import { once } from "node:events";\n').length, 1);
  assert.equal(wrongImports("client/web.ts", 'import { x } from "@connectrpc/connect-node";\n').length, 1);
  assert.deepEqual(wrongImports("client/connection/a.ts", 'import { connect } from "node:http2";\n'), []);
  assert.deepEqual(wrongImports("cli/a.ts", 'import { createApp } from "../../server/app.ts";\n'), []);
});
