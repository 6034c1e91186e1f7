/**
 * Calls a greeter over gRPC, and prints as JSON what came of it. One process a client, so that none has another's garbage
 * to collect. Arguments: the client, the port, and what is measured:
 *
 * - `in-flight KIND CALLS AMOUNT SECONDS`: `rate`, replies a second while so many calls are in flight, and `cpu`, the
 *   microseconds that this process works for each;
 * - `on-schedule RATE SECONDS`: latencies of unary calls at a fixed rate, see {@link callOnSchedule};
 * - `memory CALLS`: `early` and `late`, the resident bytes after so many unary calls and after ten times as many, and
 *   `growth`, their ratio.
 */
import { callOnSchedule } from "../schedule.ts";
import type { CallKind } from "./calls.ts";
import { connectClients } from "./connect-calls.ts";
import { grpcJsCalls } from "./grpc-js-calls.ts";

type Numbers = Readonly<Record<string, number>>;

/** Bytes of a name where nothing depends on it. */
const shortName = 8;

/** Calls in flight where memory is measured. */
const manyCalls = 16;

const [client = "", port = "", measure = "", ...args] = process.argv.slice(2);
const greeter = connectClients[client]?.(`http://127.0.0.1:${port}`) ?? grpcJsCalls(Number(port));

/** Keeps calls in flight as long as more are wanted, and returns how many messages came. */
async function keepInFlight(kind: CallKind, calls: number, amount: number, wantsMore: () => boolean): Promise<number> {
  let messages = 0;
  async function keepOne() {
    while (wantsMore()) {
      const came = await greeter[kind](amount);
      messages += came;
    }
  }
  await Promise.all(Array.from({ length: calls }, keepOne));
  return messages;
}

async function inFlight(kind: CallKind, calls: number, amount: number, seconds: number): Promise<Numbers> {
  async function keepFor(ms: number) {
    const begin = performance.now();
    const before = process.cpuUsage();
    const messages = await keepInFlight(kind, calls, amount, () => performance.now() < begin + ms);
    const { user, system } = process.cpuUsage(before);
    return { rate: (1000 * messages) / (performance.now() - begin), cpu: (user + system) / messages };
  }
  await keepFor(Math.min(1, seconds) * 1000);
  return keepFor(seconds * 1000);
}

function onSchedule(rate: number, seconds: number): Promise<Numbers> {
  const call = (_: number, ended: () => void, failed: (reason: unknown) => void) =>
    void greeter.unary(shortName).then(ended, failed);
  return callOnSchedule({ rate, seconds, call });
}

async function memory(calls: number): Promise<Numbers> {
  async function residentAfter(more: number) {
    let left = more;
    await keepInFlight("unary", manyCalls, shortName, () => left-- > 0);
    return process.memoryUsage.rss();
  }
  const early = await residentAfter(calls);
  const late = await residentAfter(calls * 9);
  return { early, late, growth: late / early };
}

function run(): Promise<Numbers> {
  const [first = "", ...more] = args;
  const [second = 0, third = 0, fourth = 0] = more.map(Number);
  switch (measure) {
    case "in-flight":
      return inFlight(first as CallKind, second, third, fourth);
    case "on-schedule":
      return onSchedule(Number(first), second);
    case "memory":
      return memory(Number(first));
    default:
      throw new Error(`"${measure}" is nothing that is measured here`);
  }
}

process.stdout.write(`${JSON.stringify(await run())}\n`, () => process.exit());
