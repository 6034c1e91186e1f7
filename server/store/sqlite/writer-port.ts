import { Worker } from "node:worker_threads";
import type { Port } from "../port.ts";
import type { FromWriter, ToWriter, WriterData } from "./writer-messages.ts";

/** The way to the one writer of a data file, wherever it runs. */
export type WriterPort = Port<ToWriter, FromWriter>;

/** Starts the writer of a data file on a thread of its own. It says `ready` once it has the file open. */
export function startWriterThread(workerData: WriterData): WriterPort {
  // Source runs as TypeScript, a published package as JavaScript.
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const worker = new Worker(new URL(`./writer-thread.${extension}`, import.meta.url), { workerData });
  let reason: unknown = new Error("the writer's thread has ended");
  worker.on("error", error => {
    reason = error;
  });
  return {
    post: message => worker.postMessage(message),
    onMessage: listener => void worker.on("message", listener),
    onEnd: listener => void worker.once("exit", () => listener(reason)),
  };
}
