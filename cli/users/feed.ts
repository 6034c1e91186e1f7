import { type JsonValue, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import type { WatchItem } from "../../client/index.ts";
import {
  type Event,
  EventSchema,
  type SelectorSchema,
  Start,
  type User,
  UserSchema,
} from "../../gen/concierge/directory/v1/directory_pb.ts";
import type { Output } from "../output.ts";
import { printable } from "../printable.ts";
import { roleName, roleNames, timeText } from "./user-text.ts";

/** Returns the selector of one user's events, those of a role, or all. */
export function toSelector(id?: string, role?: string): MessageInitShape<typeof SelectorSchema> {
  if (id !== undefined) return { kind: { case: "userId", value: id } };
  const known = role === undefined ? undefined : roleNames.get(role);
  return { kind: known === undefined ? { case: "all", value: true } : { case: "role", value: known } };
}

/** Returns where a watch begins; unset is now, or after a resume token. */
export function toStart(from?: "now" | "earliest" | "snapshot"): Start {
  return {
    now: Start.NOW,
    earliest: Start.EARLIEST,
    snapshot: Start.SNAPSHOT_THEN_FOLLOW,
    unset: Start.UNSPECIFIED,
  }[from ?? "unset"];
}

/** Prints the items of a watch. */
export interface WatchPrinter {
  print(item: WatchItem): Promise<void>;
  /** Number of events printed so far. */
  readonly events: number;
}

/** Creates a printer: a line for each user and event for people, a JSON object for each item for programs. */
export function createWatchPrinter(output: Output): WatchPrinter {
  let events = 0;
  return {
    get events() {
      return events;
    },
    async print(item) {
      if (item.kind === "transaction") events += item.events.length;
      if (!output.forPeople) return output.json(toJsonItem(item));
      for (const line of toLines(item)) await output.write(`${line}\n`);
    },
  };
}

function toJsonItem(item: WatchItem): JsonValue {
  switch (item.kind) {
    case "snapshot":
      return { kind: item.kind, users: item.users.map(user => toJson(UserSchema, user)) };
    case "transaction": {
      const events = item.events.map(event => toJson(EventSchema, event));
      return { kind: item.kind, events, resumeToken: item.resumeToken };
    }
    case "relist":
      return { kind: item.kind, reason: item.reason.message };
    default:
      return { kind: item.kind, resumeToken: item.resumeToken };
  }
}

/** Returns lines for people; a bookmark has none. */
function toLines(item: WatchItem): string[] {
  switch (item.kind) {
    case "snapshot":
      return item.users.map(user => toLine(timeText(user.updateTime), "is", user.id, describe(user)));
    case "synced":
      return ["-- this is how it is; what follows happens now"];
    case "relist":
      return [`-- events were missed (${printable(item.reason.message)}); the users as they are now:`];
    case "transaction":
      return item.events.map(event => toLine(timeText(event.time), event.type, event.userId, details(event)));
    default:
      return [];
  }
}

function toLine(time: string, type: string, id: string, text: string): string {
  return [time.padEnd(20), printable(type).padEnd(16), `user ${id}`.padEnd(10), text].join("  ").trimEnd();
}

function details({ user, payload }: Event): string {
  if (user !== undefined) return describe(user);
  return payload.length === 0 ? "" : printable(new TextDecoder().decode(payload));
}

function describe({ name, email, role }: User): string {
  return printable(`${name} <${email}> ${roleName(role)}`);
}
