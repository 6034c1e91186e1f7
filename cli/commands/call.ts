import type { Command } from "commander";
import { type ClientContext, completeClientCommand } from "../client-command.ts";
import type { Context } from "../context.ts";

interface CallCommandOptions {
  readonly data?: string;
  readonly emitDefaults?: true;
  readonly verbose?: true;
}

/** `concierge call`: any method of any service. */
export function addCall(program: Command, context: Context): void {
  const command = program
    .command("call")
    .summary("call any method of any server that describes itself")
    .description(
      "Calls a method of any kind, of any gRPC or Connect service, with JSON in and out. What the messages look like the server says itself (gRPC server reflection).\n\nA call with one request takes its JSON from --data. A call with a stream of requests takes one JSON object from each line of --data, or of standard input as they come. Each reply is printed as it comes, in a line of its own unless on a terminal.",
    )
    .argument("<method>", "SERVICE/METHOD, such as greeter.Greeter/SayHello")
    .option("-d, --data <json>", "the request; @FILE reads a file, @- standard input")
    .option("--emit-defaults", "print fields, too, that are empty or zero")
    .option("-v, --verbose", "print the headers and trailers of the reply, or of the error, on standard error");
  const examples = [
    ["one request, one reply", `concierge call greeter.Greeter/SayHello -d '{"name":"Ada","age":36}'`],
    [
      "a stream of replies, over gRPC",
      `concierge call greeter.Greeter/SayHelloStream -d '{"name":"Ada"}' --protocol grpc`,
    ],
    ["a stream of requests", `printf '{"age":28}\\n{"age":35}\\n' | concierge call greeter.Greeter/SayHelloToMany`],
    ["both, over gRPC-Web", `printf '{"name":"one"}\\n' | concierge call greeter.Greeter/Chat --protocol grpc-web`],
  ] as const;
  completeClientCommand(command, context, examples, call);
}

async function call(context: ClientContext, path: string, options: CallCommandOptions): Promise<void> {
  const [{ ConnectError }, { createReflection }, { findMethod }, { invoke }] = await Promise.all([
    import("@connectrpc/connect"),
    import("../reflection/load-schema.ts"),
    import("../reflection/find-method.ts"),
    import("../reflection/invoke.ts"),
  ]);
  const { concierge, output, signal, stderr } = context;
  const found = await findMethod(createReflection(concierge.transport, signal), path);
  const onHeaders = (headers: Headers) => {
    if (options.verbose) for (const [name, value] of headers) stderr.write(`${name}: ${value}\n`);
  };
  try {
    for await (const reply of invoke(context, found, { ...options, onHeaders })) await output.json(reply);
  } catch (error) {
    if (error instanceof ConnectError) onHeaders(error.metadata);
    throw error;
  }
}
