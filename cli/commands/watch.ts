import { type Command, Option } from "commander";
import type { WatchConnection } from "../../client/index.ts";
import { commands } from "../../server/process/installation.ts";
import { usageError } from "../cli-error.ts";
import { type ClientContext, completeClientCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { integer } from "../parsers.ts";
import { printable } from "../printable.ts";
import { roleChoices } from "../users/user-options.ts";

interface WatchCommandOptions {
  readonly role?: string;
  readonly from?: "now" | "earliest" | "snapshot";
  readonly resume?: string;
  readonly count?: number;
}

/** `concierge watch`: the live feed of the directory. */
export function addWatch(program: Command, context: Context): void {
  const command = program
    .command("watch")
    .summary("follow what happens in the directory")
    .description(
      "Shows what happens to users as it happens, until Ctrl-C (exit code 130): a line for each event on a terminal, otherwise one JSON object for each transaction, with the token that goes on after it. Goes on by itself where the connection is lost or the server restarts.",
    )
    .argument("[id]", "only this user (default: all)")
    .addOption(new Option("--role <role>", "only users that have it, or had it until then").choices(roleChoices))
    .addOption(
      new Option(
        "--from <where>",
        "begin with the next event (default), the oldest that is kept, or the users as they are",
      ).choices(["now", "earliest", "snapshot"]),
    )
    .addOption(new Option("--resume <token>", "go on where a watch ended").conflicts("from"))
    .option("--count <number>", "end after so many events, with exit code 0", integer(1, 2 ** 31 - 1));
  const examples = [
    ["everything from now on", "concierge watch"],
    ["the last changes of user 1 that are kept, and what follows", "concierge watch 1 --from earliest"],
    ["the users as they are, then each change, for a program", "concierge watch --from snapshot --json"],
  ] as const;
  completeClientCommand(command, context, examples, run);
}

async function run(context: ClientContext, id: string | undefined, options: WatchCommandOptions): Promise<void> {
  const { role, from, resume, count = Number.POSITIVE_INFINITY } = options;
  if (id !== undefined && role !== undefined) throw usageError("an id and --role contradict each other");
  const [{ Code, ConnectError }, { createWatchPrinter, toSelector, toStart }] = await Promise.all([
    import("@connectrpc/connect"),
    import("../users/feed.ts"),
  ]);
  const { concierge, output, streamCall } = context;
  let live = false;
  const wanted = {
    selector: toSelector(id, role),
    start: toStart(from),
    resumeToken: resume,
    onConnection(connection: WatchConnection) {
      if (connection.state === "live") {
        if (live) context.stderr.write("connected again\n");
        live = true;
      }
      if (connection.state !== "lost") return;
      // Nobody wants to wait for a server that was never there.
      if (!live && connection.retryInMs > 0) throw connection.error.cause;
      context.stderr.write(`${printable(connection.error.message)}; trying to go on\n`);
    },
  };
  const printer = createWatchPrinter(output);
  let resumeToken: string | undefined;
  const { signal, timeoutMs } = streamCall;
  // A watch outlives the deadline of a call: this one is for all of it.
  const late = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  try {
    for await (const item of concierge.watch(wanted, { signal: late ? AbortSignal.any([signal, late]) : signal })) {
      await printer.print(item);
      if ("resumeToken" in item) resumeToken = item.resumeToken;
      if (printer.events >= count) return;
    }
    signal.throwIfAborted();
    if (late) throw new ConnectError(`the watch has taken its ${timeoutMs} ms`, Code.DeadlineExceeded);
  } finally {
    const words = [id ?? [], role === undefined ? [] : ["--role", role], "--resume", resumeToken ?? []].flat();
    if (resumeToken !== undefined) output.note(`to go on from here: ${commands.concierge} watch ${words.join(" ")}`);
  }
}
