import type { Command } from "commander";
import { CliError, fromCommander } from "../cli-error.ts";
import { type ClientContext, completeClientCommand } from "../command.ts";
import { type ConnectionOptions, toBaseUrl } from "../connection-options.ts";
import type { Context } from "../context.ts";
import { duration } from "../parsers.ts";

interface HealthcheckOptions extends ConnectionOptions {
  readonly wait?: number;
}

/** The exit codes of https://github.com/grpc-ecosystem/grpc-health-probe, so that probes made for it work with this. */
const probeCodes = { usage: 1, noConnection: 2, callFailed: 3, notServing: 4 } as const;

/** Milliseconds for a connection and for a call, as in grpc_health_probe. */
const BRIEFLY_MS = 1000;

/** `concierge healthcheck`: `grpc.health.v1` for probes. */
export function addHealthcheck(program: Command, context: Context): void {
  const command = program
    .command("healthcheck")
    .summary("ask whether a server serves")
    .description(
      "Asks a server, or one of its services, whether it serves (gRPC health checking). The exit code is that of grpc_health_probe: 0 it serves, 1 the command line is wrong, 2 no connection, or none in time, 3 the call failed (such as an unknown service, or no reply in time), 4 it does not serve.",
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

async function run(context: ClientContext, service: string | undefined, options: HealthcheckOptions): Promise<void> {
  const { output, signal } = context;
  if (Array.isArray(toBaseUrl(options)) || options.url.startsWith("dns:")) {
    const message = `healthcheck asks one server, and --url "${options.url}" stands for many`;
    throw new CliError(message, { exitCode: probeCodes.usage });
  }
  const { HealthCheckResponse_ServingStatus: Status } = await import("../../gen/grpc/health/v1/health_pb.ts");
  const status = await ask(context, service, options).catch(async error => {
    throw signal.aborted ? error : await explain(error, options);
  });
  const name = Object.entries(Status).find(([, value]) => value === status)?.[0] ?? String(status);
  await (output.forPeople ? output.write(`${name}\n`) : output.json({ service: service ?? "", status: name }));
  if (status !== Status.SERVING) throw new CliError("", { exitCode: probeCodes.notServing });
}

/** Resolves to the status of a service, with `--wait` once it is SERVING. */
async function ask({ concierge, signal }: ClientContext, service: string | undefined, { wait }: HealthcheckOptions) {
  const { Code, ConnectError } = await import("@connectrpc/connect");
  if (wait !== undefined) {
    await concierge.waitForReady({ service, signal, timeoutMs: wait }).catch(error => {
      // The wait was in vain: the reply to the call below says why.
      if (ConnectError.from(error).code !== Code.DeadlineExceeded) throw error;
    });
  }
  const timeoutMs = wait === undefined ? undefined : BRIEFLY_MS;
  const { status } = await concierge.health.check({ service }, { signal, timeoutMs });
  return status;
}

/** Resolves to an error that tells a failed connection from a failed call: the deadline can have ended either. */
async function explain(error: unknown, options: ConnectionOptions): Promise<CliError> {
  const [{ Code, ConnectError }, { howUnprocessed }, { canConnect }] = await Promise.all([
    import("@connectrpc/connect"),
    import("../../client/retry/unprocessed.ts"),
    import("../connect.ts"),
  ]);
  const reason = ConnectError.from(error);
  const noConnection =
    howUnprocessed(reason) === "unsent" ||
    (reason.code === Code.DeadlineExceeded && !(await canConnect(options, AbortSignal.timeout(BRIEFLY_MS))));
  return new CliError(reason.rawMessage, {
    exitCode: noConnection ? probeCodes.noConnection : probeCodes.callFailed,
    cause: error,
  });
}
