import { type Command, InvalidArgumentError } from "commander";
import { CliError, exitCodes } from "../cli-error.ts";
import { type ClientContext, completeClientCommand } from "../command.ts";
import { type ConnectionOptions, toBaseUrl } from "../connection-options.ts";
import type { Context } from "../context.ts";
import { duration } from "../parsers.ts";

interface TopOptions extends ConnectionOptions {
  readonly once?: boolean;
  readonly interval: number;
}

function interval(text: string): number {
  const ms = duration(text);
  if (ms >= 250 && ms <= 60_000) return ms;
  throw new InvalidArgumentError("Must be 250ms to 60s.");
}

/** `concierge top`: what a server does right now. */
export function addTop(program: Command, context: Context): void {
  const command = program
    .command("top")
    .summary("see what a server does right now")
    .description(
      "Shows a server's methods, the busiest first, and the calls that run, the oldest first: live on a terminal, where q quits, the arrows select a call and c cancels it; otherwise one JSON object each time. Needs the server's AdminService, which is for callers of the same machine unless its setting ADMIN says otherwise.",
    )
    .option("--once", "look twice, the interval apart, and print what happened in between")
    .option("--interval <time>", "from one look to the next, 250ms to 60s", interval, 1000);
  const examples = [
    ["this machine's server, live", "concierge top"],
    ["for a program, one object", "concierge top --once --json"],
  ] as const;
  completeClientCommand(command, context, examples, run);
}

async function run(context: ClientContext, options: TopOptions): Promise<void> {
  if (Array.isArray(toBaseUrl(options)) || options.url.startsWith("dns:")) {
    const message = `top asks one server, and --url "${options.url}" stands for many`;
    throw new CliError(message, { exitCode: exitCodes.usage });
  }
  const [{ createClient }, { AdminService }, { methodRates }, { listRunning }] = await Promise.all([
    import("@connectrpc/connect"),
    import("../../gen/concierge/admin/v1/admin_pb.ts"),
    import("../top/rates.ts"),
    import("../top/list-running.ts"),
  ]);
  const { concierge, output, streamCall } = context;
  const admin = createClient(AdminService, concierge.transport);
  const end = new AbortController();
  const signal = AbortSignal.any([streamCall.signal, end.signal]);
  const samples = admin.watchCounters({ intervalMs: options.interval }, { ...streamCall, signal });
  if (output.forPeople && !options.once) {
    const { showLive } = await import("../top/live.ts");
    await showLive(context, { admin, samples, stop: () => end.abort() });
    return;
  }
  const { printTop } = await import("../top/print-top.ts");
  let before: Parameters<typeof methodRates>[0];
  for await (const sample of samples) {
    if (before) {
      await printTop(output, { sample, rates: methodRates(before, sample), ...(await listRunning(admin)) });
      if (options.once) return;
    }
    before = sample;
  }
}
