import type { StoreHealth } from "../user-store.ts";
import type { WriteOutcome } from "./group-commit.ts";
import { MemoryChat } from "./memory-chat.ts";
import type { ChatQuestion, DeskPort, FromMember, ToMember } from "./shared-messages.ts";
import type { FromWriter } from "./writer-messages.ts";
import type { WriterPort } from "./writer-port.ts";

/** Milliseconds from a commit until those who did not write it are told: one message for many commits. */
const HINT_DELAY_MS = 2;

/** A process that writes through the desk. */
interface Member {
  readonly port: DeskPort;
  /** The writer's numbers for its open tickets. */
  readonly tickets: Map<number, number>;
}

interface Owner {
  readonly member: Member;
  readonly ticket: number;
}

/**
 * One writer for many processes: gives the tickets of each of them numbers of its own, and brings the answers back. What a
 * process has sent is written also where it ends meanwhile, as with a client that leaves.
 */
export class WriterDesk {
  readonly #writer: WriterPort;
  readonly #opened = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #members = new Set<Member>();
  readonly #owners = new Map<number, Owner>();
  readonly #chat = new MemoryChat();
  #lastTicket = 0;
  #health: StoreHealth = { state: "ready" };
  /** Who is to be told of commits of others. */
  #unaware: Set<Member> | undefined;
  /** The writer's number of the one trim that is under way. */
  #trim: number | undefined;

  /** Takes the writer of a data file, which has said nothing yet. */
  constructor(writer: WriterPort) {
    this.#writer = writer;
    writer.onMessage(message => this.#receive(message));
    writer.onEnd(reason => this.#fail(reason));
  }

  /** Resolves when the writer has the file open; rejects where it cannot open it. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Takes a process in; it is told nothing before it has said that it listens. */
  admit(port: DeskPort): void {
    const member: Member = { port, tickets: new Map() };
    port.onMessage(message => this.#take(member, message));
    port.onEnd(() => this.#leave(member));
  }

  /** Ends the writer, and resolves when it has closed its connection. */
  async close(): Promise<void> {
    this.#writer.post({ kind: "close" });
    await this.#closed.promise;
  }

  #take(member: Member, message: FromMember): void {
    switch (message.kind) {
      case "join":
        this.#members.add(member);
        member.port.post({ kind: "ready" });
        if (this.#health.state !== "ready") member.port.post({ kind: "health", health: this.#health });
        break;
      case "close":
        this.#leave(member);
        member.port.post({ kind: "closed" });
        break;
      case "writes":
        this.#writer.post({ ...message, tickets: message.tickets.map(ticket => this.#own(member, ticket)) });
        break;
      case "users":
        this.#writer.post({ ...message, ticket: this.#own(member, message.ticket) });
        break;
      case "trim":
        // One that is under way leaves nothing to do for another.
        if (this.#trim !== undefined) member.port.post({ ...nothingTrimmed, ticket: message.ticket });
        else {
          this.#trim = this.#own(member, message.ticket);
          this.#writer.post({ ...message, ticket: this.#trim });
        }
        break;
      case "chat":
        member.port.post({ kind: "answer", ticket: message.ticket, answer: this.#answer(message.question) });
    }
  }

  #leave(member: Member): void {
    this.#members.delete(member);
    const tickets = [...member.tickets.values()];
    for (const ticket of tickets) this.#owners.delete(ticket);
    member.tickets.clear();
    if (tickets.length > 0) this.#writer.post({ kind: "forget", tickets });
  }

  #answer(question: ChatQuestion) {
    if (question.kind === "newest") return this.#chat.newest;
    if (question.kind === "read") return this.#chat.read(question.after, question.limit);
    const seq = this.#chat.say(question.body);
    this.#tellAll({ kind: "said" });
    return seq;
  }

  /** Returns the writer's number for a ticket of a member. */
  #own(member: Member, ticket: number): number {
    const known = member.tickets.get(ticket);
    if (known !== undefined) return known;
    this.#lastTicket += 1;
    member.tickets.set(ticket, this.#lastTicket);
    this.#owners.set(this.#lastTicket, { member, ticket });
    return this.#lastTicket;
  }

  #receive(message: FromWriter): void {
    switch (message.kind) {
      case "ready":
        this.#opened.resolve();
        break;
      case "closed":
        this.#closed.resolve();
        break;
      case "health":
        this.#setHealth(message.health);
        break;
      case "outcomes":
        this.#bringOutcomes(message);
        break;
      case "unavailable":
        for (const { member, ticket } of this.#settle(message.tickets)) {
          member.port.post({ kind: "unavailable", tickets: [ticket] });
        }
        break;
      case "trimmed":
        for (const { member, ticket } of this.#settle([message.ticket])) member.port.post({ ...message, ticket });
    }
  }

  /** Closes tickets of the writer, and returns whose they were; those of processes that have left are passed over. */
  #settle(tickets: readonly number[]): Owner[] {
    return tickets.flatMap(number => {
      if (number === this.#trim) this.#trim = undefined;
      const owner = this.#owners.get(number);
      this.#owners.delete(number);
      owner?.member.tickets.delete(owner.ticket);
      return owner ?? [];
    });
  }

  #bringOutcomes({ tickets: numbers, outcomes, ms }: FromWriter & { readonly kind: "outcomes" }): void {
    const shares = new Map<Member, { tickets: number[]; outcomes: WriteOutcome[] }>();
    for (const [index, outcome] of outcomes.entries()) {
      for (const { member, ticket } of this.#settle([numbers[index] ?? 0])) {
        const share = shares.get(member) ?? { tickets: [], outcomes: [] };
        shares.set(member, share);
        share.tickets.push(ticket);
        share.outcomes.push(outcome);
      }
    }
    for (const [member, share] of shares) member.port.post({ kind: "outcomes", ...share, ms });
    this.#hint([...this.#members].filter(member => !shares.has(member)));
  }

  #hint(members: readonly Member[]): void {
    if (this.#unaware === undefined) {
      this.#unaware = new Set();
      setTimeout(() => {
        const told = this.#unaware ?? [];
        this.#unaware = undefined;
        for (const member of told) if (this.#members.has(member)) member.port.post({ kind: "committed" });
      }, HINT_DELAY_MS);
    }
    for (const member of members) this.#unaware.add(member);
  }

  #setHealth(health: StoreHealth): void {
    this.#health = health;
    this.#tellAll({ kind: "health", health });
  }

  #fail(reason: unknown): void {
    this.#opened.reject(reason);
    this.#closed.resolve();
    this.#setHealth({ state: "failed", reason: String(reason) });
    this.#receive({ kind: "unavailable", tickets: [...this.#owners.keys()] });
  }

  #tellAll(message: ToMember): void {
    for (const { port } of this.#members) port.post(message);
  }
}

const nothingTrimmed = { kind: "trimmed", events: 0, requests: 0 } as const;
