import { hostname } from "node:os";
import { setInterval } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import type { Logger } from "pino";
import {
  AdminService,
  type CancelCallRequest,
  type ProcessSchema,
  type WatchCountersRequest,
  type WatchCountersResponseSchema,
} from "../../gen/concierge/admin/v1/admin_pb.ts";
import { toDuration } from "../../protocol/duration.ts";
import { callerOf, callInfoKey } from "../interceptors/call-info.ts";
import type { RunningCalls } from "../lanes/running-calls.ts";
import type { OnePort } from "../listener/one-port.ts";
import type { CallMetrics } from "../metrics/call-metrics.ts";
import { type Served, serve } from "../served.ts";
import { type AdminCallers, requireThisMachine } from "./admin-access.ts";
import { connectionCounters, memory, methodCounters } from "./counters.ts";
import { levelOf, setLevel } from "./log-levels.ts";
import { LoopWatch } from "./loop-watch.ts";
import { describeConnection } from "./open-connections.ts";
import { RunningCallList } from "./running-call-list.ts";

/** How many are listed where a request does not say it. */
const defaultLimit = 100;

/** Milliseconds between two responses where a request does not say it. */
const defaultIntervalMs = 1000;

/** What the service tells of. */
export interface AdminParts {
  readonly callers: AdminCallers;
  readonly log: Logger;
  readonly port: Pick<OnePort, "openConnections" | "connectionCount" | "counts">;
  readonly tls: boolean;
  /** Whether the port is a Unix domain socket. */
  readonly listensOnSocketFile: () => boolean;
  /** Undefined where a lane serves the calls that does not know those which run. */
  readonly running: RunningCalls | undefined;
  /** Undefined where nothing is counted. */
  readonly calls: () => CallMetrics | undefined;
}

/** `concierge.admin.v1.AdminService` for a host. A call that nobody makes costs nothing: all is looked up when it is asked for. */
export function adminOf(parts: AdminParts): Served {
  const { callers, log, port, tls } = parts;
  const list = parts.running && new RunningCallList(parts.running);

  function check(context: HandlerContext): void {
    if (callers === "loopback") requireThisMachine(context, parts.listensOnSocketFile());
  }
  function runningCalls(): RunningCallList {
    if (list) return list;
    throw new ConnectError("the connect lane does not know its calls: this needs LANE=wire", Code.Unimplemented);
  }

  function cancel({ id }: CancelCallRequest, context: HandlerContext): void {
    const call = runningCalls().find(id);
    if (!call) throw new ConnectError(`no call "${id}" runs here`, Code.NotFound);
    const { requestId, peer } = call.values.get(callInfoKey);
    const method = `${call.method.parent.typeName}/${call.method.name}`;
    log.warn({ requestId, method, peer, by: callerOf(context) }, "an administrator canceled a call");
    call.fail(new ConnectError("canceled by an administrator", Code.Canceled));
  }

  async function* watch(
    { intervalMs = defaultIntervalMs }: WatchCountersRequest,
    { signal }: HandlerContext,
  ): AsyncGenerator<MessageInitShape<typeof WatchCountersResponseSchema>> {
    const calls = parts.calls();
    if (!calls) throw new ConnectError("nothing is counted here: this needs METRICS", Code.Unimplemented);
    using loop = new LoopWatch();
    const current = () => ({
      process: thisProcess(),
      time: timestampNow(),
      methods: calls.meters.map(methodCounters),
      eventLoop: loop.take(),
      memory: memory(),
      connections: connectionCounters(port.counts()),
    });
    yield current();
    try {
      for await (const _ of setInterval(intervalMs, undefined, { signal })) yield current();
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  }

  return serve(AdminService, {
    listConnections({ limit }, context) {
      check(context);
      const connections = [...port.openConnections]
        .slice(0, limit || defaultLimit)
        .map(connection => describeConnection(connection, tls));
      return { process: thisProcess(), connections, total: port.connectionCount };
    },
    listCalls({ limit }, context) {
      check(context);
      return { process: thisProcess(), ...runningCalls().list(limit || defaultLimit) };
    },
    cancelCall(request, context) {
      check(context);
      cancel(request, context);
      return { process: thisProcess() };
    },
    getLogLevel(_, context) {
      check(context);
      return { process: thisProcess(), level: levelOf(log) };
    },
    setLogLevel({ level }, context) {
      check(context);
      const previous = levelOf(log);
      setLevel(log, level, callerOf(context));
      return { process: thisProcess(), previous };
    },
    watchCounters(request, context) {
      check(context);
      return watch(request, context);
    },
  } satisfies ServiceImpl<typeof AdminService>);
}

function thisProcess(): MessageInitShape<typeof ProcessSchema> {
  return { pid: process.pid, host: hostname(), uptime: toDuration(process.uptime() * 1000) };
}
