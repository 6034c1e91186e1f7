import { create } from "@bufbuild/protobuf";
import { DirectoryService, GetUserRequestSchema } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { userAt } from "../data/users.ts";
import { createCall, type HttpVersion } from "../load/call.ts";
import { measureCall, measurePaths } from "../load/measure.ts";
import { DEFAULT_LANE_NOTE, keepPeer, startConcierge } from "../peers/servers.ts";
import type { Bench, Contender, Plan, Scenario } from "../scenario.ts";
import { CALLS, rateOf } from "./metrics.ts";

const index = 500;
const id = String(index + 1);
const path = `/v1/users/${id}`;
const versions = ["1.1", "2"] as const;

/** GETs the user as plain HTTP; throws where that is another one. */
async function getPlainly(port: number, pinned: boolean, seconds: number, http: HttpVersion): Promise<number> {
  const reply = await fetch(`http://127.0.0.1:${port}${path}`);
  const text = await reply.text();
  if (!text.includes(userAt(index).email)) throw new Error(`GET ${path} answered ${text.slice(0, 200)}`);
  return measurePaths([path], text.length, { port, pinned, amount: { seconds } }, http);
}

async function plan(bench: Bench): Promise<Plan> {
  const { pinned } = bench.machine;
  const seconds = bench.either(4, 0.2);
  const { port } = bench.keep(await startConcierge(bench, { file: await bench.users(1000, "rest") }));
  const peer = await keepPeer(bench, "fastify-user.ts");
  const message = create(GetUserRequestSchema, { key: { case: "id", value: id } });
  const contendersOf = (http: HttpVersion): Contender[] => {
    const call = createCall({ format: "Connect JSON", http, method: DirectoryService.method.getUser, message });
    const load = { port, pinned, amount: { seconds } };
    return [
      { name: "Connect JSON", measure: async () => ({ rate: await measureCall(call, load) }) },
      { name: "REST", measure: async () => ({ rate: await getPlainly(port, pinned, seconds, http) }) },
      ...(http === "2"
        ? []
        : [
            {
              name: "Fastify route",
              measure: async () => ({ rate: await getPlainly(peer.port, pinned, seconds, http) }),
            },
          ]),
    ];
  };
  const chartOf = (http: HttpVersion) => `HTTP/${http}`;
  return {
    charts: versions.map(http => ({
      id: chartOf(http),
      title: `A user by id over HTTP/${http}`,
      metrics: [CALLS],
      baseline: "Connect JSON",
      contenders: contendersOf(http),
    })),
    targets: [
      ...versions.map(http => ({
        text: `HTTP/${http}: REST at least 0.9 of Connect JSON`,
        of: rateOf(chartOf(http), "REST"),
        against: rateOf(chartOf(http), "Connect JSON"),
        atLeast: 0.9,
      })),
      {
        text: "HTTP/1.1: REST at least 1.2 of a hand-written Fastify route with a schema",
        of: rateOf(chartOf("1.1"), "REST"),
        against: rateOf(chartOf("1.1"), "Fastify route"),
        atLeast: 1.2,
      },
    ],
    notes: [DEFAULT_LANE_NOTE, "the Fastify route has neither limits nor validation, log, health or deadlines"],
  };
}

/** What plain HTTP costs beside Connect, and beside a route that is written by hand. */
export const scenario: Scenario = {
  name: "rest",
  compares: "`GET /v1/users/{id}` with the same call over Connect, and with a hand-written Fastify route on SQLite",
  rounds: 5,
  plan,
};
