import { type Concierge, createConcierge, type Protocol } from "../../client/index.ts";

/**
 * A program of its own: makes calls that end in every way but the good one, over the protocol of its first argument, against
 * the servers of the others: one that serves, one that is not there, one that is silent, and one that resets. It closes no
 * client. Writes what was left behind.
 */
const [protocol, serving = "", ...failing] = process.argv.slice(2);
const complaints: string[] = [];
process.on("unhandledRejection", reason => complaints.push(`unhandled ${reason}`));
process.on("warning", ({ message }) => complaints.push(message));

function at(baseUrl: string, token?: () => Promise<string>): Concierge {
  return createConcierge({ baseUrl, protocol: protocol as Protocol, deadlineMs: 300, token });
}

async function* oneUser() {
  yield { user: { name: "" } };
}

async function watchUntil(concierge: Concierge, signal: AbortSignal) {
  for await (const _ of concierge.watch({}, { signal }));
}

const ended: Promise<unknown>[] = [];
for (const baseUrl of failing) {
  const concierge = at(baseUrl);
  const { greeter, directory } = concierge;
  const soon = { signal: AbortSignal.timeout(100) };
  ended.push(
    greeter.sayHello({}),
    greeter.sayHello({}, soon),
    greeter.sayHello({}, { signal: AbortSignal.abort() }),
    Array.fromAsync(greeter.sayHelloStream({}, soon)),
    directory.importUsers(oneUser(), soon),
    concierge.waitForReady({ timeoutMs: 300 }),
    concierge.waitForReady(soon),
    watchUntil(concierge, soon.signal),
  );
  // Nobody reads it.
  greeter.sayHelloStream({}, soon);
}

async function endSubscription({ directory }: Concierge) {
  const leave = new AbortController();
  const selector = { kind: { case: "all", value: true } } as const;
  for await (const _ of directory.subscribe({ selector }, { signal: leave.signal })) break;
  leave.abort();
}
async function endWatch(concierge: Concierge) {
  for await (const _ of concierge.watch()) throw new Error("enough");
}
const good = at(serving);
ended.push(
  endSubscription(good),
  endWatch(good),
  good.directory.importUsers(oneUser()),
  at(serving, () => new Promise(() => {})).greeter.sayHello({}),
  at(serving, async () => Promise.reject(new Error("no token"))).greeter.sayHello({}),
);
await Promise.allSettled(ended);
process.once("exit", () => process.stdout.write(JSON.stringify(complaints)));
