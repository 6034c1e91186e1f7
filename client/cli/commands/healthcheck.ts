import type { Command } from "commander";
import { CliError, fromCommander } from "../cli-error.ts";
import { type ClientContext, completeClientCommand } from "../client-command.ts";
import type { Context } from "../context.ts";
import { duration } from "../parsers.ts";

interface HealthcheckOptions {
  readonly wait?: number;
}

/** The exit codes of https://github.com/grpc-ecosystem/grpc-health-probe, so that probes made for it work with this. */
const probeCodes = { usage: 1, noConnection: 2, callFailed: 3, notServing: 4 } as const;

/** `concierge healthcheck`: `grpc.health.v1` for probes. */
export function addHealthcheck(program: Command, context: Context): void {
  const command = program
    .command("healthcheck")
    .summary("ask whether a server serves")
    .description(
      "Asks a server, or one of its services, whether it serves (gRPC health checking). The exit code is that of grpc_health_probe: 0 it serves, 1 the command line is wrong, 2 no connection, 3 the call failed (such as an unknown service, or no answer in time), 4 it does not serve.",
    )
    .argument("[service]", "a service's full name (default: the server as a whole)")
    .option("--wait <time>", "wait until it serves, at most so long, such as 30s", duration)
    .exitOverride(error => {
      throw error.exitCode === 0 ? error : fromCommander(error, probeCodes.usage);
    });
  const examples = [
    ["the server", "concierge healthcheck"],
    ["one service, as soon as it is up", "concierge healthcheck greeter.Greeter --wait 30s"],
    ["in a probe: one try, a second at most", "concierge healthcheck --deadline 1s"],
  ] as const;
  completeClientCommand(command, context, examples, run, { retry: false, usageExitCode: probeCodes.usage });
}

async function run(context: ClientContext, service = "", { wait }: HealthcheckOptions): Promise<void> {
  const { concierge, output, signal } = context;
  const [{ ConnectError }, { HealthCheckResponse_ServingStatus: Status }, { howUnprocessed }] = await Promise.all([
    import("@connectrpc/connect"),
    import("../../../gen/grpc/health/v1/health_pb.ts"),
    import("../../retry/unprocessed.ts"),
  ]);
  try {
    if (wait !== undefined) await concierge.waitForReady({ service, signal, timeoutMs: wait });
    const { status } = await concierge.health.check({ service }, { signal });
    const name = Object.entries(Status).find(([, value]) => value === status)?.[0] ?? String(status);
    await (output.forPeople ? output.write(`${name}\n`) : output.json({ service, status: name }));
    if (status !== Status.SERVING) throw new CliError("", { exitCode: probeCodes.notServing });
  } catch (error) {
    if (error instanceof CliError || signal.aborted) throw error;
    const reason = ConnectError.from(error);
    throw new CliError(reason.rawMessage, {
      exitCode: howUnprocessed(reason) === "unsent" ? probeCodes.noConnection : probeCodes.callFailed,
      cause: error,
    });
  }
}
