import type { Socket } from "node:net";
import { createLogger } from "../../host/logger.ts";
import { createApp } from "../app.ts";
import { parseConfig } from "../config/config.ts";
import { startProblem } from "../process/start-problem.ts";
import type { SharedData } from "../store/open-store.ts";
import type { ToMember } from "../store/sqlite/shared-messages.ts";
import { createColleagues } from "./ask-workers.ts";
import type { FromWorker, ToWorker, WorkerTask } from "./messages.ts";
import { shareOut } from "./share-out.ts";

// A worker: what the supervisor starts, several times. It does what that one says; the signals of a terminal and of those
// that end groups of processes are heard there. Without a supervisor it ends at once.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => undefined);
process.once("disconnect", () => process.exit());

const colleagues = createColleagues(post);
let toStore: (message: ToMember) => void = () => undefined;
const drained = Promise.withResolvers<void>();
let abort: () => void = () => undefined;
let reloadCertificates: () => void = () => undefined;
let take: (socket: Socket) => void = socket => void socket.destroy();

process.on("message", (message: ToWorker, socket: Socket | undefined) => {
  switch (message.kind) {
    case "start":
      serve(message.task).catch(fail);
      break;
    case "connection":
      post({ kind: "taken", ticket: message.ticket });
      if (socket) accept(socket);
      break;
    case "drain":
      drained.resolve();
      break;
    case "abort":
      abort();
      break;
    case "reload certificates":
      reloadCertificates();
      break;
    case "store":
      toStore(message.message);
      break;
    default:
      void colleagues.take(message);
  }
});

function post(message: FromWorker): void {
  // Where the supervisor is gone, so is this process in a moment.
  process.send?.(message, ignored);
}

function ignored(): void {}

function accept(socket: Socket): void {
  // What was said of it where it was accepted does not come along.
  socket.allowHalfOpen = true;
  take(socket);
}

async function serve({ env, number, workers, dataFile }: WorkerTask): Promise<void> {
  const config = shareOut(parseConfig(env), workers);
  const log = createLogger(config, number);
  process.on("SIGUSR1", () => log.warn("SIGUSR1 opens no debugger here; node --inspect does, from the start"));
  const data = dataFile === undefined ? undefined : sharedData(dataFile);
  await using app = await createApp(config, log, {}, { number, colleagues, data });
  abort = app.abort;
  reloadCertificates = app.reloadCertificates;
  take = await app.takeConnections();
  post({ kind: "ready" });
  await drained.promise;
  await app.close();
  process.disconnect?.();
}

function sharedData(file: string): SharedData {
  return {
    file,
    port: {
      post: message => post({ kind: "store", message }),
      onMessage(listener) {
        toStore = listener;
      },
      // The supervisor's end is that of this process.
      onEnd: () => undefined,
    },
  };
}

function fail(error: Error): void {
  const problem = startProblem(error) ?? error.stack ?? String(error);
  process.exitCode = 1;
  process.send?.({ kind: "failed", problem } satisfies FromWorker, () => process.disconnect?.());
}
