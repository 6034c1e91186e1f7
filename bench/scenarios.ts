import type { Scenario } from "./scenario.ts";
import { scenario as auth } from "./scenarios/auth.ts";
import { scenario as client } from "./scenarios/client.ts";
import { scenario as clientLatency } from "./scenarios/client-latency.ts";
import { scenario as clientMemory } from "./scenarios/client-memory.ts";
import { scenario as durableCreates } from "./scenarios/durable-creates.ts";
import { scenario as exportUsers } from "./scenarios/export.ts";
import { scenario as farAway } from "./scenarios/far-away.ts";
import { scenario as feedFanOut } from "./scenarios/feed-fan-out.ts";
import { scenario as feedIdle } from "./scenarios/feed-idle.ts";
import { scenario as feedReconnect } from "./scenarios/feed-reconnect.ts";
import { scenario as getUser } from "./scenarios/get-user.ts";
import { scenario as getUserSize } from "./scenarios/get-user-size.ts";
import { scenario as idleConnections } from "./scenarios/idle-connections.ts";
import { scenario as importUsers } from "./scenarios/import.ts";
import { scenario as latency } from "./scenarios/latency.ts";
import { scenario as memory } from "./scenarios/memory.ts";
import { scenario as postgres } from "./scenarios/postgres.ts";
import { scenario as rest } from "./scenarios/rest.ts";
import { scenario as start } from "./scenarios/start.ts";
import { scenario as streaming } from "./scenarios/streaming.ts";
import { scenario as unary } from "./scenarios/unary.ts";
import { scenario as workers } from "./scenarios/workers.ts";

/** All scenarios, in the order in which they run and are told of. */
export const SCENARIOS: readonly Scenario[] = [
  unary,
  streaming,
  latency,
  farAway,
  client,
  clientLatency,
  clientMemory,
  memory,
  idleConnections,
  getUser,
  getUserSize,
  rest,
  auth,
  durableCreates,
  postgres,
  importUsers,
  exportUsers,
  feedFanOut,
  feedIdle,
  feedReconnect,
  start,
  workers,
];
