import type { FromWorker, ToWorker, WorkerAnswer } from "./messages.ts";

/** The other workers of a server, as one of them sees them. */
export interface Colleagues {
  /**
   * Asks all workers that serve, this one among them, and resolves to what came within `timeoutMs` (1,000 by default), in
   * the order of the workers. A worker that has no answer, fails, or ends meanwhile is left out.
   */
  ask(question: string, timeoutMs?: number): Promise<readonly WorkerAnswer[]>;
  /** Sets what this worker says to a question: plain data, with maps and byte arrays, and no functions. */
  answer(question: string, how: () => unknown): void;
}

/** One worker's end of the questions. */
export interface ColleaguesPort extends Colleagues {
  /** Takes what the supervisor tells; does nothing where it is no question and no answer. */
  take(message: ToWorker): Promise<void>;
}

/** Makes a worker's end. `post` sends to the supervisor. */
export function createColleagues(post: (message: FromWorker) => void): ColleaguesPort {
  const answers = new Map<string, () => unknown>();
  const pending = new Map<number, (answers: readonly WorkerAnswer[]) => void>();
  let lastTicket = 0;
  return {
    async ask(question, timeoutMs = 1000) {
      const ticket = ++lastTicket;
      const { promise, resolve } = Promise.withResolvers<readonly WorkerAnswer[]>();
      pending.set(ticket, resolve);
      post({ kind: "ask", ticket, question, timeoutMs });
      return promise;
    },
    answer: (question, how) => void answers.set(question, how),
    async take(message) {
      if (message.kind === "answers") {
        pending.get(message.ticket)?.(message.answers);
        pending.delete(message.ticket);
      } else if (message.kind === "question") {
        const { ticket, question } = message;
        // Who asked waits for each of them: one that cannot tell says so at once.
        const answer = await Promise.try(() => answers.get(question)?.()).catch(() => undefined);
        post({ kind: "answer", ticket, answer });
      }
    },
  };
}

/** A worker that may be asked, as the supervisor sees it. */
export interface AskedWorker {
  readonly number: number;
  post(message: ToWorker): void;
}

interface Asking {
  readonly asker: AskedWorker;
  /** The asker's number for it. */
  readonly ticket: number;
  readonly missing: Set<AskedWorker>;
  readonly answers: WorkerAnswer[];
  readonly timer: NodeJS.Timeout;
}

/** The supervisor's end: brings a question to all workers, and their answers back to the one that asked. */
export class Questions {
  readonly #asked = new Map<number, Asking>();
  #lastTicket = 0;

  /** Asks `workers`, for one of them. */
  ask(
    asker: AskedWorker,
    { ticket, question, timeoutMs }: Extract<FromWorker, { kind: "ask" }>,
    workers: readonly AskedWorker[],
  ): void {
    const number = ++this.#lastTicket;
    const timer = setTimeout(() => this.#end(number), timeoutMs);
    this.#asked.set(number, { asker, ticket, missing: new Set(workers), answers: [], timer });
    for (const worker of workers) worker.post({ kind: "question", ticket: number, question });
    if (workers.length === 0) this.#end(number);
  }

  /** Takes an answer. One that comes too late is dropped. */
  answer(worker: AskedWorker, { ticket, answer }: Extract<FromWorker, { kind: "answer" }>): void {
    const asking = this.#asked.get(ticket);
    if (!asking?.missing.delete(worker)) return;
    if (answer !== undefined) asking.answers.push({ worker: worker.number, answer });
    if (asking.missing.size === 0) this.#end(ticket);
  }

  /** Waits for nothing from a worker any more. */
  forget(worker: AskedWorker): void {
    for (const [number, { missing }] of this.#asked) {
      if (missing.delete(worker) && missing.size === 0) this.#end(number);
    }
  }

  #end(number: number): void {
    const asking = this.#asked.get(number);
    if (asking === undefined) return;
    clearTimeout(asking.timer);
    this.#asked.delete(number);
    const answers = asking.answers.toSorted((a, b) => a.worker - b.worker);
    asking.asker.post({ kind: "answers", ticket: asking.ticket, answers });
  }
}
