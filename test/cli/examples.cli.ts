import assert from "node:assert/strict";
import { chmodSync, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import type { Command } from "commander";
import { createContext } from "../../cli/context.ts";
import { createProgram } from "../../cli/program.ts";
import { type Concierge, createConcierge } from "../../client/index.ts";
import { makeFolder, type TestFolder } from "../support/certificates.ts";
import { commandScript, runCommand, startCommand, watchProcess } from "../support/command-line.ts";
import { startServer } from "../support/server.ts";

/** Every command that does something, after its words, `users import`. */
function commandsOf(parent: Command, words: readonly string[] = []): (readonly [string, Command])[] {
  return parent.commands.flatMap(command => {
    if (command.name().startsWith("_")) return [];
    const path = [...words, command.name()];
    return command.commands.length > 0 ? commandsOf(command, path) : [[path.join(" "), command] as const];
  });
}

/** What ends by a signal alone, and what it says once it runs. */
const endless: Record<string, RegExp> = {
  serve: /ready on|DATABASE_URL/,
  top: /"methods":/,
  watch: /"kind":"(bookmark|synced|transaction)"/,
};

/** What a command needs to be there before its examples are run; what is answered goes away after them. */
const needed: Record<string, (folder: string, client: Concierge) => Promise<AsyncDisposable | undefined>> = {
  async backup(cwd) {
    const server = startCommand(["serve", "--port", "0"], { cwd });
    await server.said("stdout", /ready on/);
    return server;
  },
  async restore(cwd) {
    await using server = startCommand(["serve", "--port", "0"], { cwd });
    await server.said("stdout", /ready on/);
    assert.equal((await runCommand(["backup", "backup.db"], { cwd })).exitCode, 0);
    return undefined;
  },
  async "users undelete"(_, { directory }) {
    await directory.deleteUser({ id: "5" });
    return undefined;
  },
};

let folder: TestFolder;
before(() => {
  folder = makeFolder();
  chmodSync(folder.write("concierge", `#!/bin/sh\nexec "${process.execPath}" "${commandScript}" "$@"\n`), 0o755);
  folder.write("users.csv", "name,email\nGrace Hopper,grace.hopper@example.com\n");
  mkdirSync(join(folder.path, ".config/fish/completions"), { recursive: true });
});
after(() => folder[Symbol.dispose]());

for (const [words, command] of commandsOf(createProgram(createContext(process)))) {
  test(`the examples of concierge ${words} --help work as they are printed`, async () => {
    const lines = [...helpOf(command).matchAll(/^ {2}\$ (.*)$/gm)].map(([, line = ""]) => line);
    assert.ok(lines.length > 0);
    await using server = await startServer();
    await using client = createConcierge({ baseUrl: server.baseUrl });
    await using _ = await needed[words]?.(folder.path, client);
    for (const line of lines) await runExample(line, words, { cwd: folder.path, url: server.baseUrl });
  });
}

function helpOf(command: Command): string {
  let help = "";
  command.configureOutput({
    writeOut(text) {
      help += text;
    },
  });
  command.outputHelp();
  return help;
}

async function runExample(line: string, name: string, { cwd, url }: { cwd: string; url: string }): Promise<void> {
  const env = { PATH: [cwd, process.env.PATH].join(delimiter), HOME: cwd, CONCIERGE_URL: url, PORT: "0" };
  // The port may be taken, the machine busy, and compinit is zsh's own.
  const example = line.replace("--port 8080", "--port 0").replace("--deadline 1s", "--deadline 60s");
  const script = `compdef() { :; }; ${example}`;
  await using running = watchProcess("bash", ["--norc", "-o", "pipefail", "-c", script], { env, cwd });
  running.stdin.end();
  const ready = endless[name];
  if (ready) await running.said("stdout", ready);
  else {
    const { exitCode, stderr } = await running.ended;
    assert.equal(exitCode, 0, `${line}\n${stderr}`);
  }
}
