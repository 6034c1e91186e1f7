import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { WorkerStartError } from "../process/start-problem.ts";
import type { SharedFile } from "../store/sqlite/shared-file.ts";
import type { FromMember } from "../store/sqlite/shared-messages.ts";
import type { AskedWorker, Questions } from "./ask-workers.ts";
import type { FromWorker, ToWorker, WorkerTask } from "./messages.ts";
import type { Taker } from "./reception.ts";

/** What a worker has to do with beside its own work. */
export interface WorkerSurroundings {
  /** The data file that it may write through this process. */
  readonly shared: SharedFile | undefined;
  readonly questions: Questions;
  /** Those that can be asked now. */
  readonly colleagues: () => readonly AskedWorker[];
}

/** A worker's process, from its fork to its end. */
export class WorkerProcess implements AskedWorker, Taker {
  readonly number: number;
  /** Resolves when it takes connections; rejects with {@link WorkerStartError} where it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when it has ended, to how: undefined where it was by itself and without a fault. */
  readonly ended: Promise<string | undefined>;
  readonly #child: ChildProcess;
  readonly #ready = Promise.withResolvers<void>();
  readonly #untaken = new Map<number, Socket>();
  #lastTicket = 0;
  #readySince: number | undefined;

  /** Starts one. */
  constructor(task: WorkerTask, surroundings: WorkerSurroundings) {
    this.number = task.number;
    this.ready = this.#ready.promise;
    // Whoever waits for its end may have stopped to wait for its start.
    this.ready.catch(() => undefined);
    this.#child = startProcess();
    this.ended = this.#end(surroundings);
    this.#listen(surroundings);
    this.post({ kind: "start", task });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get untaken(): number {
    return this.#untaken.size;
  }

  /** Milliseconds since it became ready; undefined where it never has. */
  get readyForMs(): number | undefined {
    return this.#readySince === undefined ? undefined : performance.now() - this.#readySince;
  }

  /** Does nothing where it has ended. */
  post(message: ToWorker): void {
    this.#send(message);
  }

  /** Keeps a connection open until the worker has taken it, so that it is closed where the worker ends before. */
  give(socket: Socket): void {
    const ticket = ++this.#lastTicket;
    this.#untaken.set(ticket, socket);
    socket.on("error", () => undefined);
    this.#send({ kind: "connection", ticket }, socket);
  }

  /** Ends it at once. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #send(message: ToWorker, socket?: Socket): void {
    // Where it is gone, that is heard of as its end.
    if (this.#child.connected) this.#child.send(message, socket, { keepOpen: true }, () => undefined);
  }

  #listen({ shared, questions, colleagues }: WorkerSurroundings): void {
    let toDesk: (message: FromMember) => void = () => undefined;
    shared?.admit({
      post: message => this.post({ kind: "store", message }),
      onMessage(listener) {
        toDesk = listener;
      },
      onEnd: listener => void this.ended.then(listener),
    });
    this.#child.on("message", (message: FromWorker) => {
      switch (message.kind) {
        case "ready":
          this.#readySince = performance.now();
          this.#ready.resolve();
          break;
        case "failed":
          this.#ready.reject(new WorkerStartError(message.problem));
          break;
        case "taken":
          this.#untaken.get(message.ticket)?.destroy();
          this.#untaken.delete(message.ticket);
          break;
        case "store":
          toDesk(message.message);
          break;
        case "ask":
          questions.ask(this, message, colleagues());
          break;
        case "answer":
          questions.answer(this, message);
      }
    });
  }

  async #end({ questions }: WorkerSurroundings): Promise<string | undefined> {
    let how: string | undefined;
    try {
      // All that it has said is heard by then; `disconnect` never comes where it has not taken a connection.
      const [code, signal] = await once(this.#child, "close");
      if (code !== 0) how = signal === null ? `exit code ${code}` : `signal ${signal}`;
    } catch (error) {
      how = String(error);
    }
    questions.forget(this);
    for (const socket of this.#untaken.values()) socket.destroy();
    this.#untaken.clear();
    this.#ready.reject(
      new WorkerStartError(`worker ${this.number} ended before it was ready (${how ?? "exit code 0"})`),
    );
    return how;
  }
}

function startProcess(): ChildProcess {
  // Source runs as TypeScript, a published package as JavaScript.
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  // JSON, the other way to send messages, loses bytes, and fields that are undefined.
  return fork(fileURLToPath(new URL(`./worker.${extension}`, import.meta.url)), { serialization: "advanced" });
}
