import type { Port } from "../port.ts";
import type { SaidMessage } from "../user-store.ts";
import type { FromWriter, ToWriter } from "./writer-messages.ts";

/** What is asked of the chat room. */
export type ChatQuestion =
  | { readonly kind: "say"; readonly body: Uint8Array }
  | { readonly kind: "newest" }
  | { readonly kind: "read"; readonly after: number; readonly limit: number };

/** What a member of a shared data file tells whoever has it. */
export type FromMember =
  | ToWriter
  /** The first message: says that it listens. */
  | { readonly kind: "join" }
  | { readonly kind: "chat"; readonly ticket: number; readonly question: ChatQuestion };

/** What a member is told. */
export type ToMember =
  | FromWriter
  | { readonly kind: "answer"; readonly ticket: number; readonly answer: number | readonly SaidMessage[] }
  /** Something was said in the chat room. */
  | { readonly kind: "said" };

/** A member's way to whoever has the file. */
export type MemberPort = Port<FromMember, ToMember>;
/** The way from there to a member. */
export type DeskPort = Port<ToMember, FromMember>;
