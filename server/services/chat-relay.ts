import { patiently } from "../directory/feed/patience.ts";
import { StoreUnavailableError } from "../store/errors.ts";
import type { ChatLog, UserStore } from "../store/user-store.ts";

/** Who is in the room, as far as this process knows. */
export interface ChatMember {
  /** Takes a message, in the one order of the room. */
  hear(message: Uint8Array): void;
  /** The room cannot go on, and has let go of the member. */
  fail(error: unknown): void;
}

/** Carries what is said to everyone in the room, whatever process they are connected to. */
export interface ChatRelay {
  /** Takes a member, who hears what is said from the moment at which this resolves. Throws as the store does. */
  join(member: ChatMember): Promise<void>;
  /** Lets go of a member; does nothing where it is none. */
  leave(member: ChatMember): void;
  /** Says something, and resolves once the members of this process have heard it. Throws as the store does. */
  say(message: Uint8Array): Promise<void>;
}

/** Makes the relay of a store: through its chat log where it is shared, else within this process. */
export function createChatRelay(store: Pick<UserStore, "chat" | "health" | "onHealth">): ChatRelay {
  return store.chat === undefined ? createMemoryRelay() : new LogRelay(store, store.chat);
}

/** Makes a relay within one process. */
export function createMemoryRelay(): ChatRelay {
  const room = new Set<ChatMember>();
  return {
    async join(member) {
      room.add(member);
    },
    leave: member => void room.delete(member),
    async say(message) {
      for (const member of room) member.hear(message);
    },
  };
}

/** Messages that are read at a time. */
const MESSAGES_PER_READ = 200;
/** Milliseconds between two looks at the log where nothing was hinted at. */
const POLL_MS = 1000;

/** One reader of the log for all members of this process. It has no timer and no listener while there are none. */
class LogRelay implements ChatRelay {
  readonly #store: Pick<UserStore, "health" | "onHealth">;
  readonly #log: ChatLog;
  readonly #room = new Set<ChatMember>();
  /** Who waits for a message of their own to come round, by its number. */
  readonly #sayers = new Map<number, PromiseWithResolvers<void>>();
  /** The last message that the members have heard; undefined while there are none. */
  #cursor: Promise<number> | undefined;
  #heard = 0;
  #reading = false;
  #woken = false;
  #stopListening: (() => void) | undefined;

  constructor(store: Pick<UserStore, "health" | "onHealth">, log: ChatLog) {
    this.#store = store;
    this.#log = log;
  }

  async join(member: ChatMember): Promise<void> {
    if (this.#cursor === undefined) this.#listen();
    this.#room.add(member);
    try {
      await this.#cursor;
    } catch (error) {
      this.leave(member);
      throw error;
    }
  }

  leave(member: ChatMember): void {
    if (!this.#room.delete(member) || this.#room.size > 0) return;
    this.#stopListening?.();
    this.#cursor = undefined;
    this.#release();
  }

  async say(message: Uint8Array): Promise<void> {
    const seq = await this.#log.say(message);
    if (this.#room.size === 0 || seq <= this.#heard) return;
    const heard = Promise.withResolvers<void>();
    this.#sayers.set(seq, heard);
    this.#wake();
    await heard.promise;
  }

  #listen(): void {
    const stop = this.#log.onSaid(() => this.#wake());
    const poll = setInterval(() => this.#wake(), POLL_MS);
    this.#stopListening = () => {
      stop();
      clearInterval(poll);
    };
    const cursor = this.#log.newest();
    this.#cursor = cursor;
    cursor.then(
      newest => {
        if (this.#cursor === cursor) this.#heard = newest;
      },
      () => {},
    );
  }

  #wake(): void {
    this.#woken = true;
    if (!this.#reading) void this.#read();
  }

  async #read(): Promise<void> {
    this.#reading = true;
    try {
      while (this.#woken && this.#cursor !== undefined) {
        this.#woken = false;
        await this.#cursor;
        const after = this.#heard;
        const messages = await patiently(this.#store, () => this.#log.read(after, MESSAGES_PER_READ));
        // Everybody may have left meanwhile, and others come, who begin later.
        if (after !== this.#heard) continue;
        for (const { seq, body } of messages) this.#deliver(seq, body);
        if (messages.length === MESSAGES_PER_READ) this.#woken = true;
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#reading = false;
    }
  }

  #deliver(seq: number, message: Uint8Array): void {
    if (seq !== this.#heard + 1) {
      throw new StoreUnavailableError("the room was out of reach for longer than its messages are kept");
    }
    this.#heard = seq;
    for (const member of this.#room) member.hear(message);
    this.#sayers.get(seq)?.resolve();
    this.#sayers.delete(seq);
  }

  #fail(error: unknown): void {
    const members = [...this.#room];
    for (const member of members) this.leave(member);
    for (const member of members) member.fail(error);
  }

  /** Nobody is left to hear anything. */
  #release(): void {
    for (const { resolve } of this.#sayers.values()) resolve();
    this.#sayers.clear();
  }
}
