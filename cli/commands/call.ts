import type { Command } from "commander";
import { CallError } from "../cli-error.ts";
import { type ClientContext, completeClientCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { printable } from "../printable.ts";
import { addSchemaOptions, openSchema, type SchemaOptions } from "../schema/schema-options.ts";

interface CallCommandOptions extends SchemaOptions {
  readonly data?: string;
  readonly emitDefaults?: true;
  readonly verbose?: true;
}

/** `concierge call`: any method of any service. */
export function addCall(program: Command, context: Context): void {
  const command = program
    .command("call")
    .summary("call any method of any server")
    .description(
      "Calls a method of any kind, of any gRPC or Connect service, with JSON in and out. What the messages look like the server says itself (gRPC server reflection), or its contract does (--proto, --protoset).\n\nA call with one request takes its JSON from --data. A call with a stream of requests takes JSON objects from --data, or from standard input as they come: one in each line, or over several. Each reply is printed as it comes, in a line of its own unless on a terminal.",
    )
    .argument("<method>", "SERVICE/METHOD, such as greeter.Greeter/SayHello")
    .option("-d, --data <json>", "the request; @FILE reads a file, @- standard input")
    .option("--emit-defaults", "print fields, too, that are empty or zero")
    .option("-v, --verbose", "print the headers and trailers of the reply, or of the error, on standard error");
  addSchemaOptions(command);
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
  const [{ ConnectError }, { findMethod }, { createPackedTypes }, { invoke }, { detailsToJson }] = await Promise.all([
    import("@connectrpc/connect"),
    import("../schema/find-method.ts"),
    import("../call/packed-types.ts"),
    import("../call/invoke.ts"),
    import("../call/to-json.ts"),
  ]);
  const { output, stderr } = context;
  const schema = await openSchema(context, options);
  const found = await findMethod(schema, path);
  const types = createPackedTypes(schema, found.types);
  const onHeaders = (headers: Headers) => {
    if (options.verbose) for (const [name, value] of headers) stderr.write(`${name}: ${printable(value)}\n`);
  };
  try {
    for await (const reply of invoke(context, found, { ...options, types, onHeaders })) await output.json(reply);
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    onHeaders(error.metadata);
    const details = await detailsToJson(error, types);
    throw details.length === 0 ? error : new CallError(error, details);
  }
}
