import { create, toBinary } from "@bufbuild/protobuf";
import {
  DirectoryService,
  GetUserRequestSchema,
  ListUsersRequestSchema,
} from "../../gen/concierge/directory/v1/directory_pb.ts";
import { createDirectory } from "../../server/directory/directory.ts";
import { openSqliteStore } from "../../server/store/sqlite/sqlite-store.ts";
import { userAt } from "../data/users.ts";
import { createCall, pathOf } from "../load/call.ts";
import { measureCall, measurePaths } from "../load/measure.ts";
import { DEFAULT_LANE_NOTE, startConcierge } from "../peers/servers.ts";
import type { Bench, Chart, Contender, Plan, Scenario } from "../scenario.ts";
import { CALLS, rateOf } from "./metrics.ts";

/** Users that are asked for one after the other: so many that the processor's caches don't hold them. */
const ASKED = 10_000;
/** Replies that are looked at for the size of all. */
const SAMPLE = 50;
const PAGE_SIZE = 50;
const orders = ["id", "name"] as const;
type Order = (typeof orders)[number];

/** A user of a page, to know the page by. */
interface Page {
  readonly token: string;
  readonly email: string;
}

/** A page in the middle of a directory, as who turns page after page gets to it. */
async function deepPage(file: string, count: number, orderBy: Order): Promise<Page> {
  await using store = await openSqliteStore({ file });
  const directory = createDirectory({ store });
  let token = "";
  const pageSize = Math.min(1000, count / 4);
  for (let seen = 0; seen < count / 2; seen += pageSize) {
    token = (await directory.listUsers({ orderBy, pageSize, pageToken: token })).nextPageToken;
  }
  const page = await directory.listUsers({ orderBy, pageSize: PAGE_SIZE, pageToken: token });
  return { token, email: page.users[0]?.email ?? "" };
}

/** Paths that get users at places all over a directory of so many, the same in each run. */
function userPaths(count: number): string[] {
  const method = pathOf(DirectoryService.method.getUser);
  return Array.from({ length: ASKED }, (_, index) => {
    const id = String(1 + ((index * 7_368_787) % count));
    const message = toBinary(GetUserRequestSchema, create(GetUserRequestSchema, { key: { case: "id", value: id } }));
    return `${method}?connect=v1&encoding=proto&base64=1&message=${Buffer.from(message).toString("base64url")}`;
  });
}

async function meanBytes(port: number, paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths.slice(0, SAMPLE)) {
    const reply = await fetch(`http://127.0.0.1:${port}${path}`);
    if (!reply.ok) throw new Error(`GET ${path} answered ${reply.status}: ${await reply.text()}`);
    bytes += (await reply.arrayBuffer()).byteLength;
  }
  return bytes / Math.min(SAMPLE, paths.length);
}

async function contendersOf(bench: Bench, count: number, name: string): Promise<Map<string, Contender[]>> {
  const file = await bench.users(count, "size");
  const deep = new Map<Order, Page>();
  for (const order of orders) deep.set(order, await deepPage(file, count, order));
  const { port } = bench.keep(await startConcierge(bench, { file }));
  const load = { port, pinned: bench.machine.pinned, amount: { seconds: bench.either(4, 0.2) } };
  const paths = userPaths(count);
  const dataBytes = await meanBytes(port, paths);

  const measure = async () => ({ rate: await measurePaths(paths, dataBytes, load) });
  const contenders = new Map<string, Contender[]>([["get", [{ name, measure }]]]);
  for (const order of orders) {
    const first = { token: "", email: order === "id" ? userAt(0).email : "" };
    const pages = { [`${name}, first page`]: first, [`${name}, deep page`]: deep.get(order) ?? first };
    contenders.set(
      order,
      Object.entries(pages).map(([name, { token, email }]) => {
        const request = { pageSize: PAGE_SIZE, pageToken: token, orderBy: order };
        const message = create(ListUsersRequestSchema, request);
        const call = createCall({ format: "gRPC", http: "2", method: DirectoryService.method.listUsers, message });
        return {
          name,
          measure: async () => ({ rate: await measureCall(call, load, reply => reply.message.includes(email)) }),
        };
      }),
    );
  }
  return contenders;
}

async function plan(bench: Bench): Promise<Plan> {
  const large = bench.either({ count: 1_000_000, name: "10⁶ users" }, { count: 10_000, name: "10⁴ users" });
  const few = "10³ users";
  const parts = [await contendersOf(bench, 1000, few), await contendersOf(bench, large.count, large.name)];
  const titles = { get: "GetUser at random places, Connect GET", id: "ListUsers by id", name: "ListUsers by name" };
  const charts: Chart[] = Object.entries(titles).map(([id, title]) => ({
    id,
    title: id === "get" ? title : `${title}, ${PAGE_SIZE} of a page, gRPC`,
    metrics: [CALLS],
    contenders: parts.flatMap(part => part.get(id) ?? []),
    baseline: id === "get" ? few : `${few}, first page`,
  }));
  // A time of 1.3 × is a rate of 1 / 1.3; the ratio of rates is told upside down, as that of times.
  const slower = (chart: string, of: string, against: string) => ({
    text: `${chart === "get" ? "GetUser" : `ListUsers by ${chart}`}: time of ${of} ≤ 1.3 × that of ${against}`,
    of: rateOf(chart, against),
    against: rateOf(chart, of),
    atMost: 1.3,
  });
  const targets = [
    slower("get", large.name, few),
    ...orders.map(order => slower(order, `${large.name}, first page`, `${few}, first page`)),
    ...orders.map(order => slower(order, `${large.name}, deep page`, `${large.name}, first page`)),
  ];
  return { charts, targets, notes: [DEFAULT_LANE_NOTE] };
}

/** How reads grow with the directory. */
export const scenario: Scenario = {
  name: "get-user-size",
  compares: "reads of a directory of a thousand users with those of one of a million, and deep pages with first ones",
  rounds: 3,
  plan,
};
