import type { JsonValue } from "@bufbuild/protobuf";
import {
  type CallEvent,
  type CallRecord,
  type End,
  keptEvents,
  type ReplyHead,
  type Sent,
  type Trailers,
} from "./call-record.ts";

/** What is known of a call before it begins. */
export type CallStart = Pick<
  CallRecord,
  "protocol" | "method" | "httpMethod" | "target" | "requestHeaders" | "deadlineMs" | "startedAt"
>;

let calls = 0;

/** The record of a call while it is written. Events are told of in batches: a frame shows what the last one missed. */
export class CallLog implements CallRecord {
  readonly id = ++calls;
  readonly protocol: CallRecord["protocol"];
  readonly method: string;
  readonly startedAt: number;
  readonly httpMethod: string;
  readonly target: string;
  readonly requestHeaders: CallRecord["requestHeaders"];
  readonly deadlineMs: number | undefined;
  readonly requests: JsonValue[] = [];
  readonly events: CallEvent[] = [];
  dropped = 0;
  sentCount = 0;
  receivedCount = 0;
  sentBytes = 0;
  receivedBytes = 0;
  head: ReplyHead | undefined;
  trailers: Trailers | undefined;
  end: End | undefined;
  readonly #changed: () => void;
  readonly #now: () => number;
  readonly #start: number;

  /** `changed` is told of each event; `now` is milliseconds on a clock that never goes back. */
  constructor(start: CallStart, changed: () => void, now: () => number = () => performance.now()) {
    this.protocol = start.protocol;
    this.method = start.method;
    this.startedAt = start.startedAt;
    this.httpMethod = start.httpMethod;
    this.target = start.target;
    this.requestHeaders = start.requestHeaders;
    this.deadlineMs = start.deadlineMs;
    this.#changed = changed;
    this.#now = now;
    this.#start = now();
  }

  /** A message of the request, in its JSON and as it is on the wire. */
  sent(json: JsonValue, message: Pick<Sent, "bytes" | "payloadAt" | "encoding">): void {
    this.requests.push(json);
    this.sentBytes += message.bytes.length;
    this.#add({ ...message, kind: "sent", atMs: this.#elapsed(), index: this.sentCount++ });
  }

  halfClosed(): void {
    this.#add({ kind: "half-closed", atMs: this.#elapsed() });
  }

  replied(head: Pick<ReplyHead, "status" | "headers">): void {
    this.head = { ...head, kind: "head", atMs: this.#elapsed() };
    this.#add(this.head);
  }

  received(message: Pick<Sent, "bytes" | "payloadAt" | "encoding">): void {
    this.receivedBytes += message.bytes.length;
    this.#add({ ...message, kind: "received", atMs: this.#elapsed(), index: this.receivedCount++ });
  }

  trailed(trailers: Pick<Trailers, "fields" | "bytes">): void {
    this.trailers = { ...trailers, kind: "trailers", atMs: this.#elapsed() };
    this.#add(this.trailers);
  }

  /** Ends the call; what is told later is left out, and so is a second end. */
  ended(end: Pick<End, "code" | "message" | "details">): void {
    if (this.end) return;
    const event: End = { ...end, kind: "end", atMs: this.#elapsed() };
    this.#add(event);
    this.end = event;
  }

  #elapsed(): number {
    return this.#now() - this.#start;
  }

  #add(event: CallEvent): void {
    if (this.end) return;
    this.events.push(event);
    // A tenth at a time: to shift the array for each event would cost its length each time.
    if (this.events.length > keptEvents * 1.1) {
      this.dropped += this.events.length - keptEvents;
      this.events.splice(0, this.events.length - keptEvents);
    }
    this.#changed();
  }
}
