import { hostname } from "node:os";
import { create, type DescService } from "@bufbuild/protobuf";
import { Greeter, type HelloReply, HelloReplySchema, type HelloRequest } from "../../gen/greeter/greeter_pb.ts";

const serverId = hostname();

/** The Greeter's unary reply: what every peer does for a call, so that only the way there and back differs. */
export function greet({ name, age }: Pick<HelloRequest, "name" | "age">): HelloReply {
  return reply(age > 0 ? `Hello, ${name}! You are ${age} years old.` : `Hello, ${name}!`);
}

/** As {@link greet}, as a plain object for peers that speak JSON alone. */
export function greetPlainly(name: string, age: number): { message: string; timestamp: string; serverId: string } {
  const { message, timestamp } = greet({ name, age });
  return { message, timestamp, serverId };
}

/** One reply of a stream: about 40 bytes, the same for each. */
export function streamReply(name: string): HelloReply {
  return create(HelloReplySchema, { message: `Hello ${name}! Here is another message` });
}

function reply(message: string): HelloReply {
  return create(HelloReplySchema, { message, timestamp: new Date().toISOString(), serverId });
}

/** The name under which our server has the Greeter whose streams are as long as `age` says; its own has five replies. */
export const STREAM_SERVICE = "bench.Greeter";

/** The Greeter in the way Connect's services are written. `SayHelloStream` answers `age` messages. */
export const streamGreeter = {
  sayHello: greet,
  async *sayHelloStream({ name, age }: HelloRequest): AsyncGenerator<HelloReply> {
    for (let n = 0; n < age; n++) yield streamReply(name);
  },
  async sayHelloToMany(requests: AsyncIterable<HelloRequest>): Promise<HelloReply> {
    let count = 0;
    for await (const _ of requests) count++;
    return reply(`Hello to ${count} people!`);
  },
  async *chat(requests: AsyncIterable<HelloRequest>): AsyncGenerator<HelloReply> {
    for await (const { name } of requests) yield streamReply(name);
  },
};

/** The Greeter's descriptor under {@link STREAM_SERVICE}. */
export const StreamGreeter: typeof Greeter = renamed(Greeter, STREAM_SERVICE);

function renamed<S extends DescService>(service: S, typeName: string): S {
  const copy: S = { ...service, typeName };
  const methods = service.methods.map(method => ({ ...method, parent: copy }));
  const method = Object.fromEntries(methods.map(each => [each.localName, each]));
  return Object.assign(copy, { methods, method });
}
