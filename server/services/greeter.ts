import { setTimeout } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { type Greeter, type HelloReply, HelloReplySchema, type HelloRequest } from "../../gen/greeter/greeter_pb.ts";
import type { Greeter as PlainGreeter } from "../../gen/helloworld_pb.ts";

/** Replies of one `SayHelloStream`. */
const streamReplies = 5;

/** How the Greeter answers. */
export interface GreeterOptions {
  /** What replies name as `server_id`. */
  readonly serverId: string;
  /** Milliseconds between the replies of `SayHelloStream`. */
  readonly streamIntervalMs: number;
}

/** `greeter.Greeter`. */
export function createGreeter({ serverId, streamIntervalMs }: GreeterOptions): ServiceImpl<typeof Greeter> {
  function reply(message: string): HelloReply {
    return create(HelloReplySchema, { message, timestamp: timeText(), serverId });
  }

  return {
    sayHello(request) {
      const age = ageOf(request);
      return reply(age > 0 ? `Hello, ${request.name}! You are ${age} years old.` : `Hello, ${request.name}!`);
    },

    async *sayHelloStream({ name }, { signal }) {
      for (let n = 1; n <= streamReplies; n++) {
        if (n > 1) await setTimeout(streamIntervalMs, undefined, { signal });
        yield reply(`Hello ${name}! This is message #${n}`);
      }
    },

    async sayHelloToMany(requests) {
      let count = 0;
      let ages = 0;
      for await (const request of requests) {
        ages += ageOf(request);
        count++;
      }
      if (count === 0) throw new ConnectError("at least 1 message is needed, got 0", Code.InvalidArgument);
      return reply(`Hello to ${count} people! Average age: ${formatAverage(ages, count)}`);
    },

    async *chat(requests) {
      let n = 0;
      for await (const { name } of requests) yield reply(`Echo #${++n}: ${name}`);
    },
  };
}

/** The `Greeter` without a package. */
export const plainGreeter: ServiceImpl<typeof PlainGreeter> = {
  sayHello: ({ name }) => ({ message: `Hello, ${name}` }),
};

let lastMs = 0;
let lastText = "";

/** The time as in ISO 8601, put into words once a millisecond. */
function timeText(): string {
  const ms = Date.now();
  if (ms !== lastMs) {
    lastMs = ms;
    lastText = new Date(ms).toISOString();
  }
  return lastText;
}

/** Years, 0 where unknown. Throws INVALID_ARGUMENT below 0. */
function ageOf({ age }: HelloRequest): number {
  if (age < 0) throw new ConnectError(`age must be 0 or more, got ${age}`, Code.InvalidArgument);
  return age;
}

/**
 * `sum / count` with one decimal, exact ties to the even digit, as C's printf writes it: 31.25 is "31.2" and 31.75 is
 * "31.8". `Number.prototype.toFixed` rounds as printf does but for those ties, which it rounds up.
 */
export function formatAverage(sum: number, count: number): string {
  const average = sum / count;
  // A double has an exact tie at the first decimal only where its fraction is .25 or .75.
  if (Math.abs((average * 4) % 2) !== 1) return average.toFixed(1);
  const tenths = Math.floor(average * 10);
  return ((tenths % 2 === 0 ? tenths : tenths + 1) / 10).toFixed(1);
}
