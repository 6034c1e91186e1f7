import type { Readable } from "node:stream";
import type { Command } from "commander";
import type { HelloReply } from "../../gen/greeter/greeter_pb.ts";
import { usageError } from "../cli-error.ts";
import { type ClientContext, completeClientCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { atLine, LineError, readLines } from "../input.ts";
import { integer } from "../parsers.ts";
import { printable } from "../printable.ts";

interface GreetOptions {
  readonly age: number;
  readonly stream?: true;
  readonly chat?: true;
}

/** `concierge greet`: the greeter's calls. */
export function addGreet(program: Command, context: Context): void {
  const command = program
    .command("greet")
    .summary("say hello")
    .description("Greets somebody, once or with a stream of greetings; or echoes each line of the input (--chat).")
    .argument("[name]", "whom to greet")
    .option("--age <years>", "their age, from 0 to 150; 0: unknown", integer(0, 150), 0)
    .option("--stream", "five greetings, as the server sends them")
    .option("--chat", "send each line of standard input, and print each reply as it comes");
  const examples = [
    ["one greeting", "concierge greet Ada --age 36"],
    ["five, one a second", "concierge greet Ada --stream"],
    ["a conversation, over gRPC", "printf 'one\\ntwo\\n' | concierge greet --chat --protocol grpc"],
  ] as const;
  completeClientCommand(command, context, examples, greet);
}

async function greet(context: ClientContext, name: string | undefined, options: GreetOptions): Promise<void> {
  const { greeter } = context.concierge;
  const { signal, stdin, streamCall } = context;
  if (options.chat) {
    if (name !== undefined || options.stream) throw usageError("--chat takes its names from standard input alone");
    const requests = mapLines(stdin, signal);
    for await (const reply of greeter.chat(requests, streamCall)) await print(context, reply);
    return;
  }
  if (name === undefined) throw usageError("missing required argument 'name'");
  const request = { name, age: options.age };
  if (!options.stream) return print(context, await greeter.sayHello(request, { signal }));
  for await (const reply of greeter.sayHelloStream(request, streamCall)) await print(context, reply);
}

async function* mapLines(stdin: Readable, signal: AbortSignal) {
  try {
    for await (const name of readLines(stdin, signal)) yield { name };
  } catch (error) {
    throw error instanceof LineError ? atLine("standard input", error) : error;
  }
}

async function print({ output }: ClientContext, { message, timestamp, serverId }: HelloReply): Promise<void> {
  if (output.forPeople) await output.write(`${printable(message)}\n`);
  else await output.json({ message, timestamp, serverId });
}
