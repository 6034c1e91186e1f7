import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { commandScript, runCommand, watchProcess } from "../support/command-line.ts";

/** A shell in which `concierge` is the command, with its completion read twice, as happens to people. */
function shell(name: "bash" | "zsh" | "fish", script: string) {
  const concierge = `concierge() { "${process.execPath}" "${commandScript}" "$@"; }`;
  const start = {
    bash: `${concierge}\nsource <(concierge completion bash); source <(concierge completion bash)\n`,
    zsh: `autoload -Uz compinit; compinit -u -D\n${concierge}\nsource <(concierge completion zsh); source <(concierge completion zsh)\n`,
    fish: `function concierge; "${process.execPath}" "${commandScript}" $argv; end\nconcierge completion fish | source\nconcierge completion fish | source\n`,
  }[name];
  const noSettings = { bash: "--norc", zsh: "-f", fish: "--no-config" }[name];
  return watchProcess(name, [noSettings, "-c", start + script]).ended;
}

const missing = (name: string) => spawnSync(name, ["--version"]).status !== 0 && `needs ${name}`;

test("commands, options, values and methods are completed", async () => {
  const complete = async (...words: string[]) =>
    (await runCommand(["__complete", "bash", "--", ...words])).stdout.trim().split("\n");
  const [commands, users, options, role, joined, whole, methods, services, inUsers, files] = await Promise.all([
    complete("he"),
    complete("users", ""),
    complete("users", "list", "--o"),
    complete("users", "list", "--url", "x:1", "--role", ""),
    complete("users", "list", "--role", "=", "ad"),
    complete("users", "list", "--role=ad"),
    complete("call", "--protocol", "grpc", "greeter.Greeter/Say"),
    complete("describe", "gre"),
    complete("users", "list", "gre"),
    complete("users", "import", "us"),
  ]);
  assert.deepEqual(commands, ["healthcheck", "help"]);
  assert.deepEqual(users, ["list", "get", "create", "update", "delete", "undelete", "import", "export", "help"]);
  assert.deepEqual(options, ["--order-by"]);
  assert.deepEqual(role, ["viewer", "editor", "admin"]);
  assert.deepEqual(joined, ["admin"]);
  assert.deepEqual(whole, ["--role=admin"]);
  assert.deepEqual(
    methods,
    ["SayHello", "SayHelloStream", "SayHelloToMany"].map(name => `greeter.Greeter/${name}`),
  );
  assert.deepEqual(services, ["greeter.Greeter"]);
  assert.deepEqual(inUsers, [""]);
  assert.deepEqual(files, [""]);
});

test("bash completes, and evaluates nothing that was typed", { skip: missing("bash") }, async () => {
  const script = `COMP_WORDS=(concierge users "$1"); complete_at() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _concierge; echo "\${COMPREPLY[*]}"; }
complete_at concierge users ex
complete_at concierge watch --from ''
complete_at concierge greet '$(echo evaluated >&2)' --str`;
  const { stdout, stderr } = await shell("bash", script);
  assert.deepEqual(stdout.split("\n"), ["export", "now earliest snapshot", "--stream", ""]);
  assert.equal(stderr, "");
});

test("fish completes with descriptions", { skip: missing("fish") }, async () => {
  const { stdout, stderr } = await shell(
    "fish",
    `complete -C "concierge users ex"; complete -C "concierge completion f"`,
  );
  assert.equal(stdout, "export\twrite users to a file\nfish\n");
  assert.equal(stderr, "");
});

test("zsh reads the script, and gets values with descriptions", { skip: missing("zsh") }, async () => {
  const script = `_describe() { print -l -- "\${found[@]}" }; words=(concierge users ex); CURRENT=3; _concierge; whence -w _concierge`;
  const { stdout, stderr } = await shell("zsh", script);
  assert.equal(stdout, "export:write users to a file\n_concierge: function\n");
  assert.equal(stderr, "");
});
