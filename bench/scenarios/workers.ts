import { create } from "@bufbuild/protobuf";
import {
  DirectoryService,
  GetUserRequestSchema,
  ListUsersRequestSchema,
} from "../../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { userAt } from "../data/users.ts";
import { type Call, createCall } from "../load/call.ts";
import { loadCall } from "../load/h2load.ts";
import { measureCall } from "../load/measure.ts";
import { endedProcessorTime, processorTime } from "../load/processor-time.ts";
import { startServerProcess } from "../peers/process.ts";
import { benchFile, conciergeEnv } from "../peers/servers.ts";
import type { Bench, Chart, Contender, Metric, Plan, Scenario } from "../scenario.ts";
import { CALLS, rateOf } from "./metrics.ts";

const grpc = { format: "gRPC", http: "2" } as const;
const { email } = userAt(500);

const calls: Readonly<Record<string, { readonly call: Call; readonly reply: string }>> = {
  SayHello: {
    call: createCall({
      ...grpc,
      method: Greeter.method.sayHello,
      message: create(HelloRequestSchema, { name: "Ada", age: 36 }),
    }),
    reply: "Hello, Ada!",
  },
  GetUser: {
    call: createCall({
      ...grpc,
      method: DirectoryService.method.getUser,
      message: create(GetUserRequestSchema, { key: { case: "id", value: "501" } }),
    }),
    reply: email,
  },
  ListUsers: {
    call: createCall({
      ...grpc,
      method: DirectoryService.method.listUsers,
      message: create(ListUsersRequestSchema, { pageSize: 50 }),
    }),
    reply: userAt(0).email,
  },
};

const SERVER: Metric = { key: "server", label: "server, µs of a core a call", better: "less" };
const LOAD: Metric = { key: "load", label: "load, µs of a core a call", better: "less" };
/** How many cores each had: what is missing to all there are was idle, or others had it. */
const SERVER_CORES: Metric = { key: "serverCores", label: "cores that the server had", better: "more" };
const LOAD_CORES: Metric = { key: "loadCores", label: "cores that the load had", better: "less" };

const nameOf = (workers: number) => (workers === 1 ? "1 process" : `${workers} workers`);

async function contendersOf(bench: Bench, workers: number): Promise<ReadonlyMap<string, Contender>> {
  const file = await bench.users(1000, nameOf(workers));
  const server = bench.keep(
    await startServerProcess({
      command: [process.execPath, benchFile("../server/main.ts")],
      pinned: false,
      env: conciergeEnv({ file, settings: { WORKERS: String(workers), LOG_FORMAT: "json" } }),
      portLine: /"url":"http:\/\/[^"]*:(\d+)"/,
    }),
  );
  const seconds = bench.either(2, 0.2);
  const load = { port: server.port, pinned: false };
  const contenders = Object.entries(calls).map(([name, { call, reply }]): [string, Contender] => [
    name,
    {
      name: nameOf(workers),
      async measure() {
        const warmUp = { ...load, amount: { seconds: seconds / 2 } };
        const requests = Math.round(
          seconds * (await measureCall(call, warmUp, ({ message }) => message.includes(reply))),
        );
        const before = { server: processorTime(server.pid), load: endedProcessorTime() };
        const { rate } = await loadCall(call, { ...load, amount: { requests } });
        // Milliseconds of a core for each call.
        const ofServer = (processorTime(server.pid) - before.server) / requests;
        const ofLoad = (endedProcessorTime() - before.load) / requests;
        return {
          rate,
          server: ofServer * 1000,
          load: ofLoad * 1000,
          serverCores: (ofServer * rate) / 1000,
          loadCores: (ofLoad * rate) / 1000,
        };
      },
    },
  ]);
  return new Map(contenders);
}

async function plan(bench: Bench): Promise<Plan> {
  const servers = [await contendersOf(bench, 1), await contendersOf(bench, 2)];
  const charts = Object.keys(calls).map(
    (name): Chart => ({
      id: name,
      title: name,
      metrics: [CALLS, SERVER, LOAD, SERVER_CORES, LOAD_CORES],
      baseline: nameOf(1),
      contenders: servers.flatMap(contenders => contenders.get(name) ?? []),
    }),
  );
  return {
    charts,
    targets: Object.keys(calls).flatMap(name => [
      {
        text: `${name}: two workers ≥ 1.6 × one process, with the load on the same cores`,
        of: rateOf(name, nameOf(2)),
        against: rateOf(name, nameOf(1)),
        atLeast: 1.6,
      },
      {
        text: `${name}: a call takes two workers ≤ 1.25 × as much of a core, so that two of their own do ≥ 1.6 × as much`,
        of: { chart: name, contender: nameOf(2), metric: SERVER.key },
        against: { chart: name, contender: nameOf(1), metric: SERVER.key },
        atMost: 1.25,
      },
    ]),
    notes: [
      "nothing is pinned: one process leaves a core to the load, and two workers have to share theirs with it. So by what a call takes of a core, two workers can be 2 × server ÷ (server + load) times as fast as one process",
    ],
  };
}

/** What a second process brings. */
export const scenario: Scenario = {
  name: "workers",
  compares: "`WORKERS=2` with one process, over gRPC, on all cores, beside what the load itself takes of them",
  rounds: 3,
  plan,
};
