import { EventEmitter } from "node:events";
import { StoreUnavailableError } from "../errors.ts";
import type { ChatLog, SaidMessage } from "../user-store.ts";
import type { ChatQuestion, MemberPort } from "./shared-messages.ts";
import type { WriterPort } from "./writer-port.ts";

/** The chat room of a file that another process has, and the rest of the port, which is the writer's. */
export function joinChat(port: MemberPort): { readonly chat: ChatLog; readonly writerPort: WriterPort } {
  const said = new EventEmitter<{ said: [] }>().setMaxListeners(0);
  const pending = new Map<number, PromiseWithResolvers<unknown>>();
  let lastTicket = 0;

  async function ask(question: ChatQuestion): Promise<unknown> {
    const ticket = ++lastTicket;
    const answer = Promise.withResolvers<unknown>();
    pending.set(ticket, answer);
    port.post({ kind: "chat", ticket, question });
    return answer.promise;
  }

  const writerPort: WriterPort = {
    post: message => port.post(message),
    onMessage(listener) {
      port.onMessage(message => {
        if (message.kind === "said") said.emit("said");
        else if (message.kind === "answer") {
          pending.get(message.ticket)?.resolve(message.answer);
          pending.delete(message.ticket);
        } else listener(message);
      });
    },
    onEnd(listener) {
      port.onEnd(reason => {
        const gone = new StoreUnavailableError("the store has lost its writer", { cause: reason });
        for (const { reject } of pending.values()) reject(gone);
        pending.clear();
        listener(reason);
      });
    },
  };
  const chat: ChatLog = {
    say: async body => (await ask({ kind: "say", body })) as number,
    newest: async () => (await ask({ kind: "newest" })) as number,
    read: async (after, limit) => (await ask({ kind: "read", after, limit })) as readonly SaidMessage[],
    onSaid(listener) {
      said.on("said", listener);
      return () => void said.off("said", listener);
    },
  };
  return { chat, writerPort };
}
