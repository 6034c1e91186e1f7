import { create } from "@bufbuild/protobuf";
import { DirectoryService, GetUserRequestSchema } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { userAt } from "../data/users.ts";
import { type Call, createCall } from "../load/call.ts";
import { measureCall } from "../load/measure.ts";
import { LANE_NOTES, LANES, laneTitle, startConcierge } from "../peers/servers.ts";
import type { Bench, Chart, Plan, Scenario } from "../scenario.ts";
import { CALLS, rateOf } from "./metrics.ts";

const grpc = { format: "gRPC", http: "2" } as const;
const index = 500;
const { email } = userAt(index);

function getUser(key: { case: "id" | "email"; value: string }): Call {
  const message = create(GetUserRequestSchema, { key });
  return createCall({ ...grpc, method: DirectoryService.method.getUser, message });
}

const calls: Readonly<Record<string, { readonly call: Call; readonly reply: string }>> = {
  SayHello: {
    call: createCall({
      ...grpc,
      method: Greeter.method.sayHello,
      message: create(HelloRequestSchema, { name: "Ada", age: 36 }),
    }),
    reply: "Hello, Ada!",
  },
  "GetUser by id": { call: getUser({ case: "id", value: String(index + 1) }), reply: email },
  "GetUser by email": { call: getUser({ case: "email", value: email }), reply: email },
};

async function plan(bench: Bench): Promise<Plan> {
  const charts: Chart[] = [];
  for (const lane of LANES) {
    const file = await bench.users(1000, lane);
    const { port } = bench.keep(await startConcierge(bench, { lane, file }));
    const load = { port, pinned: bench.machine.pinned, amount: { seconds: bench.either(4, 0.2) } };
    charts.push({
      id: lane,
      title: laneTitle(lane),
      metrics: [CALLS],
      baseline: "SayHello",
      contenders: Object.entries(calls).map(([name, { call, reply }]) => ({
        name,
        measure: async () => ({ rate: await measureCall(call, load, ({ message }) => message.includes(reply)) }),
      })),
    });
  }
  const targets = LANES.map(lane => ({
    text: `${lane} lane: GetUser within 20 % of SayHello`,
    of: rateOf(lane, "GetUser by id"),
    against: rateOf(lane, "SayHello"),
    atLeast: 0.8,
  }));
  return { charts, targets, notes: LANE_NOTES };
}

/** What a read of the directory costs beside a call that reads nothing. */
export const scenario: Scenario = {
  name: "get-user",
  compares: "`GetUser` with `SayHello` on the same lane, over gRPC",
  rounds: 5,
  plan,
};
