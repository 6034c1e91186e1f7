import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { packClient } from "./pack-client.ts";

/** What the guide does not show: the types and values that a program needs beside. */
const further = `
import { Code, ConnectError, type ConciergeOptions, Role, Start, type User, type WatchConnection } from "concierge/client";

export const options: ConciergeOptions = { baseUrl: "https://localhost", token: async () => "t", retry: { maxAttempts: 3 } };
export const users = new Map<string, User>();
const onConnection = (connection: WatchConnection) => connection.state === "lost" && connection.error.codeName;
const selector = { kind: { case: "role", value: Role.ADMIN } } as const;
for await (const item of concierge.watch({ selector, start: Start.SNAPSHOT_THEN_FOLLOW, onConnection })) {
  if (item.kind === "snapshot") for (const user of item.users) users.set(user.id, user);
}
export const isAway = (reason: unknown) => reason instanceof ConnectError && reason.code === Code.Unavailable;
`;

/** Pages that call one service of somebody else's: by what Connect has for it, and by the client for any service. */
const pages = {
  plain: `
    import { createClient } from "@connectrpc/connect";
    import { createConnectTransport } from "@connectrpc/connect-web";
    import { GreetingService } from "./gen/greeting_pb.ts";
    createClient(GreetingService, createConnectTransport({ baseUrl: origin })).greet({});`,
  layered: `
    import { createClients } from "concierge/client";
    import { GreetingService } from "./gen/greeting_pb.ts";
    const { clients: [greeting] } = createClients({ baseUrl: origin }, [GreetingService]);
    greeting.greet({});`,
};

/** What the client for any service may add to a page, in gzipped bytes. */
const MOST_ADDED = 8_000;

/**
 * Uses the client of the package that is installed in `folder` as its guide says: all examples pass the strictest checks of
 * TypeScript as they stand, the first one runs against the server at `url`, and Vite makes something for browsers of them, of the size that the guide says. By itself, packed without the server, it calls, too.
 */
export async function checkClient(folder: string, url: string): Promise<void> {
  const guide = readFileSync("docs/client.md", "utf8");
  const examples = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, example]) => example as string);
  assert.ok(examples.length >= 2);
  writeFileSync(join(folder, "guide.ts"), [...examples, further].join("\n"));
  for (const [module, moduleResolution] of [
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ]) {
    const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
    const compilerOptions = {
      ...strict,
      module,
      moduleResolution,
      target: "esnext",
      types: [],
      noEmit: true,
      allowImportingTsExtensions: true,
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["guide.ts"] }));
    execFileSync("tsc", ["-p", folder], { stdio: "inherit" });
  }

  writeFileSync(
    join(folder, "page.ts"),
    'import { createConcierge } from "concierge/client"; createConcierge({ baseUrl: origin });',
  );
  const page = await bundle(folder, "page.ts");
  const sizes = [page, gzipSync(page)].map(({ length }) => length / 1000);
  const figures = /is (\d+) kB, (\d+) kB gzipped/.exec(guide)?.slice(1).map(Number);
  for (const [n, size] of sizes.entries()) {
    assert.ok(Math.abs(size - (figures?.[n] ?? 0)) < 1, `docs/client.md says ${figures} kB of ${sizes} kB`);
  }
  assert.doesNotMatch(await bundle(folder, "guide.ts"), /node:/);
  await checkAdded(folder, guide);

  writeFileSync(join(folder, "example.ts"), examples[0]?.replace("http://localhost:50051", url) ?? "");
  const example = spawn(process.execPath, ["example.ts"], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  const [said] = await once(example.stdout.setEncoding("utf8"), "data");
  assert.equal(said, "Hello, Ada!\n");
  // It follows the directory for as long as it runs.
  example.kill();
  await once(example, "exit");
  checkOwnPackage(folder, url);
}

/** Packages that the client brings when it is installed by itself: what it depends on, and itself. */
const MOST_PACKAGES = 5;

/** The client's own package is installed without anything of the server's, and calls. */
function checkOwnPackage(folder: string, url: string): void {
  const own = join(folder, "client-alone");
  mkdirSync(own);
  const dependencies = { "concierge-client": `file:${packClient(own)}` };
  writeFileSync(join(own, "package.json"), JSON.stringify({ name: "a-page", type: "module", dependencies }));
  execFileSync("npm", ["install", "--no-audit", "--no-fund"], { cwd: own, stdio: "inherit" });
  const { packages } = JSON.parse(readFileSync(join(own, "package-lock.json"), "utf8"));
  const installed = Object.keys(packages).filter(path => path !== "");
  assert.ok(installed.length <= MOST_PACKAGES, `the client brings ${installed.join(", ")}`);
  const program = `
    import { createConcierge } from "concierge-client";
    await using concierge = createConcierge({ baseUrl: ${JSON.stringify(url)}, protocol: "grpc" });
    console.log((await concierge.greeter.sayHello({ name: "Ada" })).message);`;
  writeFileSync(join(own, "call.ts"), program);
  assert.equal(execFileSync(process.execPath, ["call.ts"], { cwd: own, encoding: "utf8" }), "Hello, Ada!\n");
}

/** The client for any service adds to a page what the guide says, and no more than it may. */
async function checkAdded(folder: string, guide: string): Promise<void> {
  const sizes: number[] = [];
  for (const [name, text] of Object.entries(pages)) {
    writeFileSync(join(folder, `${name}.ts`), text);
    sizes.push(gzipSync(await bundle(folder, `${name}.ts`)).length);
  }
  const [plain = 0, layered = 0] = sizes;
  const added = layered - plain;
  assert.ok(added > 0 && added <= MOST_ADDED, `the client adds ${added} bytes to ${plain}`);
  const said = Number(/adds (\d+) kB gzipped/.exec(guide)?.[1]) * 1000;
  assert.ok(Math.abs(added - said) < 1000, `docs/client.md says ${said} bytes of ${added}`);
}

/** What Vite makes for a page of a file in `folder`. */
async function bundle(folder: string, file: string): Promise<string> {
  const made = await build({
    root: folder,
    configFile: false,
    logLevel: "warn",
    build: {
      write: false,
      target: "esnext",
      modulePreload: { polyfill: false },
      rolldownOptions: { input: join(folder, file) },
    },
  });
  return (made as Rolldown.RolldownOutput).output[0].code;
}
