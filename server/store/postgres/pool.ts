import { StoreUnavailableError } from "../errors.ts";
import type { Connection } from "./connection.ts";
import type { Session } from "./session.ts";
import { isTimeout, troubleOf, unreachable } from "./sqlstate.ts";

/** Reads over several connections, each of which has many of them under way. */
export class ReadPool {
  readonly #sessions: readonly Session[];
  readonly #waitMs: number;
  #turn = 0;
  #closed = false;

  /** `waitMs` is how long a read waits for the database, in milliseconds. */
  constructor(sessions: readonly Session[], waitMs: number) {
    this.#sessions = sessions;
    this.#waitMs = waitMs;
  }

  /**
   * Runs a read, again on another connection where the first is lost meanwhile: it must send all its statements in one turn
   * of the event loop, or else not mind that those of others come between. Throws {@link StoreUnavailableError} where the
   * database has been out of reach for as long as reads wait, and what the server says otherwise.
   */
  async run<T>(read: (connection: Connection) => Promise<T>, waitMs = this.#waitMs): Promise<T> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      const connection = this.#live() ?? (await this.#wait(deadline));
      try {
        return await read(connection);
      } catch (error) {
        const trouble = troubleOf(error);
        if (this.#closed) throw closed();
        if (isTimeout(error)) throw new StoreUnavailableError("the database took too long", { cause: error });
        if (trouble !== "lost" && trouble !== "again" && trouble !== "read_only") throw error;
        // Its loss may not have come through yet, and then it would be chosen again at once.
        if (trouble !== "again") connection.cut();
        if (performance.now() >= deadline) throw unreachable(error);
      }
    }
  }

  /** Ends the connections; reads under way are answered. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#sessions.map(session => session.close()));
  }

  #live(): Connection | undefined {
    for (let tried = 0; tried < this.#sessions.length; tried++) {
      this.#turn = (this.#turn + 1) % this.#sessions.length;
      const connection = this.#sessions[this.#turn]?.now;
      if (connection !== undefined) return connection;
    }
    return undefined;
  }

  async #wait(deadline: number): Promise<Connection> {
    if (this.#closed) throw closed();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(unreachable(undefined)), Math.max(0, deadline - performance.now()));
    });
    try {
      return await Promise.race([...this.#sessions.map(session => session.next()), timeout]);
    } catch (error) {
      throw this.#closed ? closed() : error;
    } finally {
      clearTimeout(timer);
    }
  }
}

function closed(): StoreUnavailableError {
  return new StoreUnavailableError("the store is closed");
}
