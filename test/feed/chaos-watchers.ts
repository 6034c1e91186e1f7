import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  DirectoryService,
  type Event,
  ResumeInfoSchema,
  Role,
  Start,
  type SubscribeRequestSchema,
  type SubscribeResponse,
  type WatchRequestSchema,
} from "../../gen/concierge/directory/v1/directory_pb.ts";
import { type UserEvent, UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import type { Selector } from "../../server/directory/feed/selector.ts";
import { Requests } from "../support/feed.ts";
import type { Random } from "../support/random.ts";
import { type FeedRecord, forgetPending, newRecord, recordMessage } from "./feed-log.ts";

const ROLES = { viewer: Role.VIEWER, editor: Role.EDITOR, admin: Role.ADMIN };
const STARTS = {
  earliest: Start.EARLIEST,
  now: Start.NOW,
  snapshot: Start.SNAPSHOT_THEN_FOLLOW,
} as const;

type Request = Omit<MessageInitShape<typeof SubscribeRequestSchema>, "$typeName">;

/** The type of the events that are reported when all else is done, and the name of the users that are created then. */
export const LAST_EVENT = "the_end";

function isLast({ type, user }: Event): boolean {
  return type === LAST_EVENT || user?.name === LAST_EVENT;
}

/** What a watcher needs. */
export interface WatcherPlan {
  readonly transport: Transport;
  readonly selector: Selector;
  readonly random: Random;
  /** The writers are done: watch until the last event, without leaving or stalling. */
  readonly isOver: () => boolean;
  /** Called once per stream that was opened. */
  readonly onStream: () => void;
}

/** Opens the feed, by `Subscribe` or by `Watch`. */
export type OpenFeed = (
  transport: Transport,
  request: Request,
  signal: AbortSignal,
) => AsyncIterable<SubscribeResponse>;

/** Opens a feed by `Subscribe`. */
export const openSubscribe: OpenFeed = (transport, request, signal) =>
  createClient(DirectoryService, transport).subscribe(request, { signal });

/** Opens a feed as one of two subscriptions of a `Watch`. */
export const openWatch: OpenFeed = async function* (transport, subscription, signal) {
  const requests = new Requests<MessageInitShape<typeof WatchRequestSchema>>();
  const other = { selector: { kind: { case: "userId", value: "1" } }, start: Start.NOW } as const;
  requests.push({ action: { case: "add", value: { subscriptionId: "other", subscription: other } } });
  requests.push({ action: { case: "add", value: { subscriptionId: "mine", subscription } } });
  const messages = createClient(DirectoryService, transport).watch(requests, { signal });
  for await (const { subscriptionId, message } of messages) {
    if (subscriptionId !== "mine") continue;
    assert.ok(message.case === "response", message.case === "failed" ? message.value.message : "no response");
    yield message.value;
  }
};

/** Watches, leaves, comes back and stalls at random; returns a record for each time it began anew. */
export async function runWatcher(plan: WatcherPlan, open: OpenFeed): Promise<FeedRecord[]> {
  const { transport, selector, random, isOver, onStream } = plan;
  const records: FeedRecord[] = [];
  let record: FeedRecord | undefined;
  while (!record?.finished) {
    if (record === undefined || record.token === "" || (random.chance(0.2) && !isOver())) {
      record = newRecord(selector, random.pick(["earliest", "now", "snapshot"] as const));
      records.push(record);
    }
    forgetPending(record);
    const request: Request = {
      selector: toSelector(selector),
      ...(record.token === "" ? { start: STARTS[record.start] } : { resumeToken: record.token }),
    };
    onStream();
    await watchOnce(record, signal => open(transport, request, signal), plan);
  }
  return records;
}

/** Reads a stream until the watcher leaves it, it fails, or the last event comes. */
async function watchOnce(
  record: FeedRecord,
  open: (signal: AbortSignal) => AsyncIterable<SubscribeResponse>,
  { random, isOver }: WatcherPlan,
): Promise<void> {
  const left = new AbortController();
  const stay = isOver() ? 0 : 200 + random.below(8000);
  const timer = stay > 0 ? globalThis.setTimeout(() => left.abort(), stay) : undefined;
  try {
    for await (const message of open(left.signal)) {
      recordMessage(record, message);
      record.finished = record.transactions.at(-1)?.some(isLast) ?? false;
      if (record.finished) return;
      if (!isOver() && random.chance(0.01)) await setTimeout(random.below(1500));
    }
    assert.fail("a feed does not end by itself");
  } catch (reason) {
    if (left.signal.aborted) return;
    const error = ConnectError.from(reason);
    if (error.code !== Code.ResourceExhausted) throw reason;
    const [resume] = error.findDetails(ResumeInfoSchema);
    record.token =
      resume?.resumeToken || Object.entries(resume?.resumeTokens ?? {}).find(([id]) => id === "mine")?.[1] || "";
  } finally {
    clearTimeout(timer);
    left.abort();
  }
}

function toSelector(selector: Selector): NonNullable<Request["selector"]> {
  switch (selector.kind) {
    case "user":
      return { kind: { case: "userId", value: String(selector.id) } };
    case "role":
      return { kind: { case: "role", value: ROLES[selector.role] } };
    case "all":
      return { kind: { case: "all", value: true } };
  }
}

/** What one stream of `WatchUserEvents` gave: of each user a snapshot, then its events. */
export interface UserEventRecord {
  readonly userId: string;
  readonly events: UserEvent[];
  /** It was read until the last event. */
  finished: boolean;
}

/** Watches users by `WatchUserEvents` at random; returns a record for each stream. */
export async function runUserWatcher(plan: WatcherPlan, userId: string): Promise<UserEventRecord[]> {
  const { transport, random, isOver, onStream } = plan;
  const client = createClient(UserService, transport);
  const records: UserEventRecord[] = [];
  for (let finished = false; !finished; ) {
    const record: UserEventRecord = { userId, events: [], finished: false };
    records.push(record);
    onStream();
    const left = new AbortController();
    const stay = isOver() ? 0 : 200 + random.below(8000);
    const timer = stay > 0 ? globalThis.setTimeout(() => left.abort(), stay) : undefined;
    const requests = new Requests<{ userId: string }>().push({ userId });
    if (random.chance(0.5)) requests.end();
    try {
      for await (const event of client.watchUserEvents(requests, { signal: left.signal })) {
        record.events.push(event);
        record.finished = event.eventType === LAST_EVENT;
        if (record.finished) break;
        if (!isOver() && random.chance(0.01)) await setTimeout(random.below(1500));
      }
    } catch (reason) {
      // There is no token to go on with here: what it got so far has to fit all the same.
      if (!left.signal.aborted && ConnectError.from(reason).code !== Code.ResourceExhausted) throw reason;
    } finally {
      clearTimeout(timer);
      left.abort();
      requests.end();
    }
    finished = record.finished;
  }
  return records;
}
