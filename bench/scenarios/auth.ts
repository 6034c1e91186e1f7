import { randomBytes } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { Greeter, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { createSecret } from "../../host/auth/keys.ts";
import { mintToken } from "../../host/auth/mint-token.ts";
import { startProvider } from "../../host/auth/provider.fixture.ts";
import { type Call, createCall } from "../load/call.ts";
import { runJob } from "../load/client.ts";
import { measureCall } from "../load/measure.ts";
import { DEFAULT_LANE_NOTE, startConcierge } from "../peers/servers.ts";
import type { Bench, Plan, Scenario } from "../scenario.ts";
import { CALLS, rateOf } from "./metrics.ts";

const SAME = "same";
const NEW = "new";
const OFF = "no authentication";
const IGNORED = "no authentication, and a token all the same";
const SECRET = "HS256 secret";
const LIMITED = "HS256 secret, and a rate limit";
const KEYS = "ES256 keys of a provider";

/** As long as any run of all scenarios. */
const TTL_SECONDS = 86_400;

/** More than the server remembers: it has never seen the next one, or forgotten it. */
const TOKENS = 15_000;

const hello = createCall({
  format: "gRPC",
  http: "2",
  method: Greeter.method.sayHello,
  message: create(HelloRequestSchema, { name: "Ada", age: 36 }),
});

interface Contender {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
  /** None: calls carry no token. */
  readonly sign?: (subject: string) => Promise<string>;
}

async function contendersOf(bench: Bench): Promise<Contender[]> {
  const text = randomBytes(32).toString("base64url");
  const secret = createSecret(text);
  const provider = bench.keep(await startProvider());
  const exp = Math.floor(Date.now() / 1000) + TTL_SECONDS;
  const byProvider = (sub: string) => provider.sign({ sub, role: "viewer", exp });
  const bySecret = (subject: string) => mintToken({ secret, subject, role: "viewer", ttlSeconds: TTL_SECONDS });
  const unlimited = { RATE_LIMIT: "off" };
  return [
    { name: OFF, settings: {} },
    { name: IGNORED, settings: {}, sign: bySecret },
    { name: SECRET, settings: { AUTH_JWT_SECRET: text, ...unlimited }, sign: bySecret },
    { name: LIMITED, settings: { AUTH_JWT_SECRET: text, RATE_LIMIT: "999999/999999" }, sign: bySecret },
    { name: KEYS, settings: { AUTH_JWKS_URL: provider.url.href, ...unlimited }, sign: byProvider },
  ];
}

function withToken(call: Call, token: string | undefined): Call {
  return token === undefined ? call : { ...call, headers: { ...call.headers, authorization: `Bearer ${token}` } };
}

async function plan(bench: Bench): Promise<Plan> {
  const { pinned } = bench.machine;
  const same = [];
  const changing = [];
  for (const { name, settings, sign } of await contendersOf(bench)) {
    const { port } = bench.keep(await startConcierge(bench, { settings }));
    const call = withToken(hello, await sign?.("ada"));
    const load = { port, pinned, amount: { seconds: bench.either(4, 0.2) } };
    same.push({ name, measure: async () => ({ rate: await measureCall(call, load) }) });
    if (!sign || name === LIMITED) continue;

    const tokens: string[] = [];
    for (let n = 0; n < bench.either(TOKENS, 400); n++) tokens.push(await sign(`user-${n}`));
    const { path } = hello;
    const body = hello.body.toString("base64");
    const job = { kind: "tokens", port, path, body, tokens, connections: 10, inFlight: 200 } as const;
    changing.push({ name, measure: () => runJob(job, pinned) });
  }
  const metrics = [CALLS];
  return {
    charts: [
      { id: SAME, title: "SayHello with the same token again and again", metrics, contenders: same, baseline: OFF },
      { id: NEW, title: "SayHello with a new token in each call", metrics, contenders: changing, baseline: IGNORED },
    ],
    targets: [SECRET, KEYS].map(name => ({
      text: `${name}: a call with a known token costs at most 15 % more`,
      of: rateOf(SAME, name),
      against: rateOf(SAME, OFF),
      atLeast: 1 / 1.15,
    })),
    notes: [
      DEFAULT_LANE_NOTE,
      "a token has 165 characters with HS256 and 189 with ES256; the provider is on this machine",
    ],
  };
}

/** What it costs to know who calls. */
export const scenario: Scenario = {
  name: "auth",
  compares: "`SayHello` over gRPC without authentication and with it, a known token and a new one",
  rounds: 5,
  plan,
};
