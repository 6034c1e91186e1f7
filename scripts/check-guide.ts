import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A block of the guide: its language, and what it is: a file's name, or what is done. */
interface Block {
  readonly language: string;
  readonly name: string;
  readonly text: string;
}

function readBlocks(guide: string): Block[] {
  const found = guide.matchAll(/^```(?<language>\w+) (?<name>\S+)\n(?<text>.*?)^```$/gms);
  return Array.from(found, ({ groups }) => groups as unknown as Block);
}

/**
 * Does what the toolkit's guide says, in an empty folder within `folder`: writes its files, generates, serves and calls. A line
 * of a block that begins with `# ` is part of what was printed since the one before.
 */
export async function checkGuide(folder: string, host: string): Promise<void> {
  const cwd = join(folder, "guide");
  const blocks = readBlocks(readFileSync("docs/toolkit.md", "utf8"));
  for (const { language, name, text } of blocks) {
    if (language === "sh") continue;
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text.replace('"concierge-host": "0.1.0"', `"concierge-host": "file:${host}"`));
  }
  const scriptOf = (name: string) => blocks.find(block => block.language === "sh" && block.name === name)?.text ?? "";
  const run = (script: string) => execFileSync("bash", ["-euc", script], { cwd, encoding: "utf8" });
  run(scriptOf("generate"));

  // Any free port will do.
  const serve = scriptOf("serve").replace("PORT=50061", "PORT=0").replace("node server.ts", "exec node server.ts");
  const server = spawn("bash", ["-euc", serve], { cwd, stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(server, "close");
  let output = "";
  server.stdout.setEncoding("utf8").on("data", text => {
    output += text;
  });
  try {
    while (!output.includes("ready on")) {
      await Promise.race([once(server.stdout, "data"), closed]);
      assert.equal(server.exitCode, null, output);
    }
    const port = /ready on localhost:(\d+)/.exec(output)?.[1] ?? "";
    const commands = scriptOf("call").replaceAll("50061", port);
    const printed = run(commands.replace(/^# .*$/gm, "echo =====")).split("=====\n");
    const expected = Array.from(commands.matchAll(/^# (.*)$/gm), ([, text]) => text as string);
    assert.ok(expected.length >= 5);
    for (const [n, text] of expected.entries()) assert.ok(printed[n]?.includes(text), `${text}: ${printed[n]}`);
  } finally {
    server.kill();
    assert.deepEqual(await closed, [0, null]);
  }
  assert.match(output, /^ada follows$/m);
  assert.match(output, /^GetPrice 3 /m);
}
