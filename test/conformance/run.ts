/**
 * Runs the public conformance suite against a lane, on one of what serves HTTP:
 * `npm run conformance [-- [wire|connect] [engine|node|fresh] [flags of the suite]]`; or against a transport of the client:
 * `npm run conformance:client [-- [wire|node] [flags of the suite]]`. The suite tells what it runs over each kind of connection.
 * Needs Go, once, to install the suite. Its proto files are read from the Go module, and nothing of them is kept.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { testEngine } from "../support/engine.ts";
import { imagePath } from "./schema.ts";

const version = "v1.0.5";
const suite = "connectrpc.com/conformance";
const here = import.meta.dirname;
const root = join(here, "../..");
const generated = dirname(fileURLToPath(imagePath));
const connectconformance = join(generated, "connectconformance");

const [mode, ...args] = process.argv.slice(2);
const firstFlag = args.findIndex(arg => arg.startsWith("-"));
const words = firstFlag < 0 ? args : args.slice(0, firstFlag);
const flags = ["--verbose", ...args.slice(words.length)];
const [lane = "wire", engine = testEngine] = words;
mkdirSync(generated, { recursive: true });
if (!existsSync(connectconformance)) {
  run("go", ["install", `${suite}/cmd/connectconformance@${version}`], { GOBIN: generated });
}
const module = JSON.parse(
  execFileSync("go", ["mod", "download", "-json", `${suite}@${version}`], { encoding: "utf8" }),
);
run(join(root, "node_modules/.bin/buf"), ["build", join(module.Dir, "proto"), "-o", fileURLToPath(imagePath)]);

if (mode === "client") {
  const client = [process.execPath, join(here, "client.ts"), lane];
  // These have a reply due milliseconds after the client is to leave: on a busy machine the reply wins now and then.
  const races = ["--known-flaky", "**/cancel-after-close-send"];
  const conf = join(here, "client-suite.yaml");
  run(connectconformance, ["--mode", "client", "--conf", conf, ...races, ...flags, "--", ...client]);
  process.exit();
}

// The stock lane never drains what is left of a request that it has refused for its size, and the suite's client waits
// for room to send the rest: upstream leaves this feature out as well, packages/connect-conformance in connect-es.
const suiteFile = join(here, "suite.yaml");
const conf = lane === "connect" ? join(generated, "suite-connect.yaml") : suiteFile;
if (conf !== suiteFile) {
  const without = readFileSync(suiteFile, "utf8").replace("receive_limit: true", "receive_limit: false");
  writeFileSync(conf, without);
}

const server = [process.execPath, join(here, "server.ts"), lane, engine];
// One server after the other: started together they can miss the suite's ten seconds for a start, and its half second for
// how late a deadline may be told. It takes no longer.
const pace = ["--max-servers", "1", "--parallel", "4"];
run(connectconformance, ["--mode", "server", "--conf", conf, ...pace, ...flags, "--", ...server]);

function run(command: string, args: string[], env: NodeJS.ProcessEnv = {}): void {
  const { status } = spawnSync(command, args, { stdio: "inherit", cwd: here, env: { ...process.env, ...env } });
  if (status !== 0) process.exit(status ?? 1);
}
