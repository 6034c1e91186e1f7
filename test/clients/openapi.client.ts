import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { startServer, type TestServer } from "../support/server.ts";
import { installedTool } from "../support/tools.ts";

const run = promisify(execFile);

/** Runs a Node.js program of those that are installed for the tests. */
function runTool(name: string, args: readonly string[], cwd: string) {
  return run(process.execPath, [join(installedTool("openapi"), "node_modules", name), ...args], { cwd });
}

/** A folder from which the installed packages are in reach, with the server's document in it. */
async function withDocument(
  server: TestServer,
  version: string,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(installedTool("openapi"), "test-"));
  try {
    const response = await fetch(`${server.baseUrl}/openapi.json?version=${version}`);
    writeFileSync(join(folder, "openapi.json"), await response.text());
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("two validators find nothing wrong with the document, in either version", async () => {
  await using server = await startServer();
  for (const version of ["3.1", "3.2"]) {
    await withDocument(server, version, async folder => {
      const python = installedTool("python/bin/python");
      const { stdout } = await run(python, ["-m", "openapi_spec_validator", join(folder, "openapi.json")]);
      assert.match(stdout, /: OK$/m);
      const rules = [
        "extends: [spec]",
        "rules:",
        ...["parameter", "media-type"].map(of => `  no-invalid-${of}-examples: error`),
      ];
      writeFileSync(join(folder, "redocly.yaml"), rules.join("\n"));
      await runTool("@redocly/cli/bin/cli.js", ["lint", "openapi.json", "--config", "redocly.yaml"], folder);
    });
  }
});

test("a client that is generated from the document compiles and calls", async () => {
  await using server = await startServer();
  await withDocument(server, "3.1", async folder => {
    await runTool("openapi-typescript/bin/cli.js", ["openapi.json", "-o", "api.d.ts"], folder);
    writeFileSync(
      join(folder, "call.ts"),
      `import createClient from "openapi-fetch";
       import type { paths } from "./api.d.ts";
       const { GET, POST, PATCH, DELETE } = createClient<paths>({ baseUrl: ${JSON.stringify(server.baseUrl)} });
       const created = await POST("/v1/users", { body: { name: "Frank", email: "frank@example.com", role: "ROLE_EDITOR" } });
       const id: string = created.data?.id ?? "";
       const path = { id };
       const patched = await PATCH("/v1/users/{id}", { params: { path }, body: { bio: "new" } });
       const listed = await GET("/v1/users", { params: { query: { pageSize: 10, filter: "role = editor" } } });
       const names = listed.data?.users?.map(({ name }) => name);
       const deleted = await DELETE("/v1/users/{id}", { params: { path, query: { etag: patched.data?.etag ?? "" } } });
       const missing = await GET("/v1/users/{id}", { params: { path: { id: "77" } } });
       const status: string | undefined = missing.error?.error.status;
       process.stdout.write(JSON.stringify([patched.data?.bio, names, typeof deleted.data?.deleteTime, status]));`,
    );
    const options = ["--strict", "--noEmit", "--skipLibCheck", "--allowImportingTsExtensions"];
    const types = ["--module", "nodenext", "--target", "esnext", "--types", "node", "--typeRoots"];
    const typeRoots = new URL("../../node_modules/@types", import.meta.url).pathname;
    await runTool("typescript/bin/tsc", [...options, ...types, typeRoots, "call.ts"], folder).catch(error => {
      assert.fail(error.stdout);
    });
    const { stdout } = await run(process.execPath, [join(folder, "call.ts")]);
    assert.deepEqual(JSON.parse(stdout), ["new", ["Bob Smith", "Eve Davis", "Frank"], "string", "NOT_FOUND"]);
  });
});
