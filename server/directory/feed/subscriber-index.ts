import type { EventRecord, Role } from "../../store/records.ts";
import type { BookmarkItem } from "./feed-item.ts";
import type { Selector } from "./selector.ts";

/** Subscribers with the same selection: they get the same items. */
export interface Group<Member> {
  readonly selector: Selector;
  readonly members: Set<Member>;
  /** The last one, for the other members. */
  bookmark: BookmarkItem | undefined;
}

/** Finds the groups that an event concerns, at a cost that does not grow with the other groups. */
export class SubscriberIndex<Member> {
  readonly #users = new Map<number, Group<Member>>();
  readonly #roles = new Map<Role, Group<Member>>();
  readonly #all = new Map<"all", Group<Member>>();
  #size = 0;

  /** How many members there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds a member and answers its group. */
  add(selector: Selector, member: Member): Group<Member> {
    const [groups, key] = this.#place(selector);
    let group = groups.get(key);
    if (group === undefined) {
      group = { selector, members: new Set(), bookmark: undefined };
      groups.set(key, group);
    }
    group.members.add(member);
    this.#size += 1;
    return group;
  }

  /** Removes a member, and its group with the last one. */
  delete(selector: Selector, member: Member): void {
    const [groups, key] = this.#place(selector);
    const group = groups.get(key);
    if (!group?.members.delete(member)) return;
    this.#size -= 1;
    if (group.members.size === 0) groups.delete(key);
  }

  /** The groups that events concern, each with those of them that it gets, in order. */
  split(events: readonly EventRecord[]): Map<Group<Member>, EventRecord[]> {
    const concerned = new Map<Group<Member>, EventRecord[]>();
    const all = this.#all.get("all");
    for (const event of events) {
      const role = event.user?.role;
      const roleBefore = event.before?.role;
      add(concerned, all, event);
      add(concerned, this.#users.get(event.userId), event);
      if (role !== undefined) add(concerned, this.#roles.get(role), event);
      if (roleBefore !== undefined && roleBefore !== role) add(concerned, this.#roles.get(roleBefore), event);
    }
    return concerned;
  }

  /** All members. */
  *members(): Generator<Member> {
    for (const groups of [this.#users, this.#roles, this.#all]) {
      for (const { members } of groups.values()) yield* members;
    }
  }

  #place(selector: Selector): [Map<number | string, Group<Member>>, number | string] {
    const groups = { user: this.#users, role: this.#roles, all: this.#all }[selector.kind];
    const key = selector.kind === "user" ? selector.id : selector.kind === "role" ? selector.role : "all";
    return [groups as Map<number | string, Group<Member>>, key];
  }
}

function add<Member>(
  concerned: Map<Group<Member>, EventRecord[]>,
  group: Group<Member> | undefined,
  event: EventRecord,
): void {
  if (group === undefined) return;
  const events = concerned.get(group);
  if (events) events.push(event);
  else concerned.set(group, [event]);
}
