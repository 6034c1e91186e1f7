import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { buildPage } from "./build-page.ts";

test("the pages are built when they are missing or older than a source, and only then", async t => {
  const root = await mkdtemp(join(tmpdir(), "concierge-page-"));
  t.after(() => rm(root, { recursive: true }));
  await mkdir(join(root, "web-client/src"), { recursive: true });
  await mkdir(join(root, "gen/greeter"), { recursive: true });
  const source = join(root, "gen/greeter/greeter_pb.ts");
  await writeFile(source, `export const greeting = "hello";\n`);
  await writeFile(
    join(root, "web-client/src/main.ts"),
    `import { greeting } from "../../gen/greeter/greeter_pb.ts";\ndocument.title = greeting;\n`,
  );
  await mkdir(join(root, "web-client/console"));
  await writeFile(
    join(root, "web-client/console/vite.config.mjs"),
    `export default { base: "/console/", build: { outDir: "../dist/console", emptyOutDir: true } };\n`,
  );
  await writeFile(
    join(root, "web-client/console/index.html"),
    `<script type="module" src="../src/main.ts"></script>\n`,
  );
  await writeFile(join(root, "web-client/index.html"), `<script type="module" src="./src/main.ts"></script>\n`);

  assert.equal(await buildPage(root), true);
  assert.match(await readFile(join(root, "web-client/dist/index.html"), "utf8"), /src="\/assets\//);
  assert.match(await readFile(join(root, "web-client/dist/console/index.html"), "utf8"), /src="\/console\/assets\//);
  assert.equal(await buildPage(root), false);

  const later = new Date(Date.now() + 60_000);
  await utimes(source, later, later);
  assert.equal(await buildPage(root), true);
});
