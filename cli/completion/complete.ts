import type { DescService } from "@bufbuild/protobuf";
import type { Command, Option } from "commander";

/** A completion of a word. */
export interface Candidate {
  readonly value: string;
  /** In a line; "" where there is nothing to say. */
  readonly about: string;
}

/**
 * Resolves to the completions of the last word: commands, options, or the values of an option or argument. `words` are
 * those after the command's own name, the last one as far as it is typed. An empty list means that files may fit.
 */
export async function complete(program: Command, words: readonly string[]): Promise<Candidate[]> {
  // Bash makes three words of --role=admin, the other shells one, of which they want the whole.
  const parts = words.flatMap(word => (word === "=" ? [] : word.startsWith("--") ? word.split("=") : [word]));
  const last = words.at(-1) === "=" ? "" : (parts.pop() ?? "");
  const prefix = /^--[\w-]+=/.exec(words.at(-1) ?? "")?.[0] ?? "";
  const found = await candidatesAt(findPlace(program, parts), last);
  return found
    .filter(({ value }) => value.startsWith(last))
    .map(({ value, about }) => ({ value: prefix + value, about }));
}

/** The place of a word on the command line. */
interface Place {
  readonly command: Command;
  /** The option whose value it is. */
  readonly option: Option | undefined;
  /** The arguments that stand before it. */
  readonly before: number;
}

function findPlace(program: Command, words: readonly string[]): Place {
  let command = program;
  let option: Option | undefined;
  let before = 0;
  for (const word of words) {
    if (option !== undefined) {
      option = undefined;
    } else if (word.startsWith("-")) {
      const known = command.options.find(({ long, short }) => word === long || word === short);
      option = known?.required || known?.optional ? known : undefined;
    } else {
      const next = command.commands.find(child => child.name() === word);
      if (next === undefined) before++;
      else command = next;
    }
  }
  return { command, option, before };
}

async function candidatesAt({ command, option, before }: Place, last: string): Promise<Candidate[]> {
  if (option !== undefined) return values(option.argChoices);
  const help = command.createHelp();
  if (last.startsWith("-")) {
    return help.visibleOptions(command).map(({ long, short, description }) => toCandidate(long ?? short, description));
  }
  if (command.commands.length > 0) {
    return help.visibleCommands(command).map(child => toCandidate(child.name(), child.summary()));
  }
  const names = before === 0 ? served[pathOf(command)] : undefined;
  if (names !== undefined) return values(await names());
  const { registeredArguments } = command;
  const argument = registeredArguments[before] ?? registeredArguments.findLast(({ variadic }) => variadic);
  return values(argument?.argChoices);
}

function toCandidate(value = "", about = ""): Candidate {
  return { value, about: about.replace(/\s+/g, " ") };
}

function values(choices: readonly string[] = []): Candidate[] {
  return choices.map(value => toCandidate(value));
}

/** Returns a command's words after the program's own. */
function pathOf(command: Command): string {
  return command.parent === null ? "" : `${pathOf(command.parent)} ${command.name()}`.trim();
}

/** Commands whose first argument is something that is served: ours, as other servers are not asked at each Tab. */
const served: Readonly<Record<string, () => Promise<string[]>>> = {
  call: async () =>
    (await ourServices()).flatMap(({ typeName, methods }) => methods.map(({ name }) => `${typeName}/${name}`)),
  describe: serviceNames,
  healthcheck: serviceNames,
  list: serviceNames,
};

async function serviceNames(): Promise<string[]> {
  return (await ourServices()).map(({ typeName }) => typeName);
}

async function ourServices(): Promise<readonly DescService[]> {
  const [
    { DirectoryService },
    { Greeter },
    { Greeter: Helloworld },
    { UserService },
    { UserService: DemoUserService },
  ] = await Promise.all([
    import("../../gen/concierge/directory/v1/directory_pb.ts"),
    import("../../gen/greeter/greeter_pb.ts"),
    import("../../gen/helloworld_pb.ts"),
    import("../../gen/techoral/users/v1/user_service_pb.ts"),
    import("../../gen/user_service_pb.ts"),
  ]);
  return [DirectoryService, Greeter, Helloworld, UserService, DemoUserService];
}
