import type { Logger } from "pino";
import type { SharedFile } from "../store/sqlite/shared-file.ts";
import { Questions } from "./ask-workers.ts";
import type { ToWorker, WorkerTask } from "./messages.ts";
import type { Reception } from "./reception.ts";
import { WorkerProcess } from "./worker-process.ts";

/** What a crew needs. */
export interface CrewOptions {
  /** What each worker is started with, but for its number. */
  readonly task: Omit<WorkerTask, "number">;
  readonly shared: SharedFile | undefined;
  readonly log: Logger;
}

/** Milliseconds until the place of a worker that ended young is filled again; doubled with each one that does. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;
/** Milliseconds of service after which an end has nothing to do with the one before. */
const OLD_MS = 10_000;
/** Ends in succession after which nothing more is tried, where no other worker serves either. */
const HOPELESS = 5;

/** The workers of a server. One that ends is replaced, until the crew drains. */
export class Crew {
  readonly #options: CrewOptions;
  readonly #questions = new Questions();
  /** By their numbers. */
  readonly #workers = new Map<number, WorkerProcess>();
  /** How many in each place have ended young, one after the other. */
  readonly #youngEnds = new Map<number, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #hopeless = Promise.withResolvers<never>();
  #reception: Reception | undefined;
  #ending = false;
  #killing = false;
  #faults = 0;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#hopeless.promise.catch(() => undefined);
  }

  /** Rejects with `WorkerStartError` when no worker serves, and none can be started. */
  get hopeless(): Promise<never> {
    return this.#hopeless.promise;
  }

  /**
   * Starts all workers, and resolves once each of them takes connections. Rejects with the `WorkerStartError` of one that
   * cannot; the others are to be ended then.
   */
  async start(): Promise<void> {
    const numbers = Array.from({ length: this.#options.task.workers }, (_, index) => index + 1);
    const workers = numbers.map(number => this.#fork(number));
    await Promise.all(workers.map(worker => worker.ready));
    for (const worker of workers) this.#watch(worker);
  }

  /** Has the workers of now, and those that take their places, take connections. */
  receiveFrom(reception: Reception): void {
    this.#reception = reception;
    for (const worker of this.#serving()) reception.add(worker);
  }

  /** Says in the log which processes serve; those that take their places are told of by themselves. */
  announce(): void {
    for (const worker of this.#serving()) this.#announce(worker);
  }

  /** Tells all that serve. */
  tell(message: ToWorker): void {
    for (const worker of this.#serving()) worker.post(message);
  }

  /** Has all finish their work, and resolves when they have ended, to whether all did so without a fault. */
  async drain(): Promise<boolean> {
    this.#stopReplacing();
    for (const worker of this.#workers.values()) {
      if (worker.readyForMs === undefined) worker.kill();
      else worker.post({ kind: "drain" });
    }
    await Promise.all([...this.#workers.values()].map(worker => worker.ended));
    return this.#faults === 0;
  }

  /** Ends all at once. */
  async kill(): Promise<void> {
    this.#stopReplacing();
    this.#killing = true;
    for (const worker of this.#workers.values()) worker.kill();
    await Promise.all([...this.#workers.values()].map(worker => worker.ended));
  }

  #serving(): WorkerProcess[] {
    return [...this.#workers.values()].filter(({ readyForMs }) => readyForMs !== undefined);
  }

  #stopReplacing(): void {
    this.#ending = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #fork(number: number): WorkerProcess {
    const { task, shared } = this.#options;
    const worker = new WorkerProcess(
      { ...task, number },
      { shared, questions: this.#questions, colleagues: () => this.#serving() },
    );
    this.#workers.set(number, worker);
    void worker.ended.then(() => {
      this.#reception?.remove(worker);
      if (this.#workers.get(number) === worker) this.#workers.delete(number);
    });
    return worker;
  }

  #watch(worker: WorkerProcess): void {
    void worker.ended.then(async how => {
      const { number, pid, readyForMs } = worker;
      if (this.#ending) {
        if (how === undefined || readyForMs === undefined || this.#killing) return;
        this.#faults += 1;
        this.#options.log.error({ worker: number, pid }, `a worker ended by ${how} while it drained`);
        return;
      }
      const isOld = readyForMs !== undefined && readyForMs >= OLD_MS;
      const youngEnds = isOld ? 0 : (this.#youngEnds.get(number) ?? 0) + 1;
      this.#youngEnds.set(number, youngEnds);
      const problem = await worker.ready.then(
        () => undefined,
        (error: Error) => error,
      );
      const reason = problem?.message ?? how ?? "exit code 0";
      if (problem !== undefined && youngEnds >= HOPELESS && this.#serving().length === 0) {
        this.#hopeless.reject(problem);
        return;
      }
      const delayMs = youngEnds === 0 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (youngEnds - 1), LONGEST_DELAY_MS);
      this.#options.log.error({ worker: number, pid, reason }, `a worker ended; another one starts in ${delayMs} ms`);
      this.#replaceIn(delayMs, number);
    });
  }

  #announce({ number, pid }: WorkerProcess): void {
    this.#options.log.info({ worker: number, pid }, "a worker is ready");
  }

  #replaceIn(delayMs: number, number: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const worker = this.#fork(number);
      this.#watch(worker);
      // Where it ends before, that is told.
      worker.ready.then(
        () => {
          this.#announce(worker);
          if (!this.#ending) this.#reception?.add(worker);
        },
        () => undefined,
      );
    }, delayMs);
    this.#timers.add(timer);
  }
}
