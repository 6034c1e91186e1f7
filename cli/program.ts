import { Command } from "commander";
import { readVersion } from "../host/version.ts";
import { commands } from "../server/process/installation.ts";
import { addBackup } from "./commands/backup.ts";
import { addCall } from "./commands/call.ts";
import { addCompletion } from "./commands/completion.ts";
import { addDemo } from "./commands/demo.ts";
import { addDescribe } from "./commands/describe.ts";
import { addDevCert } from "./commands/dev-cert.ts";
import { addGreet } from "./commands/greet.ts";
import { addHealthcheck } from "./commands/healthcheck.ts";
import { addHelp } from "./commands/help.ts";
import { addList } from "./commands/list.ts";
import { addNew } from "./commands/new.ts";
import { addRestore } from "./commands/restore.ts";
import { addServe } from "./commands/serve.ts";
import { addToken } from "./commands/token.ts";
import { addTop } from "./commands/top.ts";
import { addUsers } from "./commands/users/users.ts";
import { addWatch } from "./commands/watch.ts";
import { takeOptionsEarly } from "./connection-options.ts";
import type { Context } from "./context.ts";

/** Creates the command line with all its commands. A command imports what it needs when it runs. */
export function createProgram(context: Context): Command {
  const program = new Command("concierge")
    .description("Serves Concierge, and calls it: greetings, a user directory with a live feed, any gRPC service.")
    .version(readVersion(), "-V, --version", "show the version")
    .helpOption("-h, --help", "show help")
    .addHelpText("after", firstSteps)
    .configureHelp({ groupItems: ownOptionsFirst })
    .exitOverride()
    .configureOutput({
      writeOut: text => context.stdout.write(text),
      writeErr: text => context.stderr.write(text),
      // Errors are reported in one place, after the command has ended.
      outputError: () => {},
    });
  takeOptionsEarly(program);
  program.commandsGroup("Calls:");
  addGreet(program, context);
  addUsers(program, context);
  addWatch(program, context);
  addCall(program, context);
  addList(program, context);
  addDescribe(program, context);
  addHealthcheck(program, context);
  addTop(program, context);

  program.commandsGroup("Server:");
  addServe(program);
  addDemo(program, context);
  addToken(program, context);
  addDevCert(program, context);
  addNew(program, context);
  addBackup(program, context);
  addRestore(program, context);
  program.commandsGroup("Shell:");
  addCompletion(program, context);
  addHelp(program);
  return program;
}

const { serve, concierge } = commands;

const steps: readonly (readonly [line: string, about: string])[] = [
  [serve, "in one terminal"],
  [`${concierge} greet Ada`, "in another"],
  [`${concierge} users list`, ""],
];

const firstSteps = `
First steps:
${steps.map(([line, about]) => `  ${line.padEnd(concierge.length + 14)}${about}`.trimEnd()).join("\n")}

The --help of a command has all its options, and examples. Those of the
connection, such as --url and --json, may stand before the command, too.
`;

/** Puts a command's own options above those of the connection: commander prints the groups in the order of this map. */
function ownOptionsFirst<T>(unsorted: T[], visible: T[], groupOf: (item: T) => string): Map<string, T[]> {
  const names = ["Options:", ...unsorted.map(groupOf), ...visible.map(groupOf)];
  const groups = new Map<string, T[]>(names.map(name => [name, []]));
  for (const item of visible) groups.get(groupOf(item))?.push(item);
  return groups;
}
