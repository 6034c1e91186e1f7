import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  DirectoryService,
  Start,
  SubscribeRequestSchema,
  SubscribeResponseSchema,
} from "../../gen/concierge/directory/v1/directory_pb.ts";
import { pathOf } from "./call.ts";
import { GrpcConnection } from "./grpc-connection.ts";

/** Watchers that share a connection, as many as the server's default lets have streams on it. */
export const WATCHERS_PER_CONNECTION = 100;

const path = pathOf(DirectoryService.method.subscribe);
/** The first byte of a message that holds a transaction: the tag of the field. */
const TRANSACTION = (3 << 3) | 2;
const NUMBER_BYTES = 8;

/** Told of each event that reaches a watcher, with the number that the event carries. */
export type OnEvent = (number: number) => void;

/** Many subscriptions to all events. Each event is taken to carry a number: its payload is a big-endian double. */
export class Watchers {
  readonly #port: number;
  readonly #connections: GrpcConnection[] = [];
  #waiting: { count: number; done: PromiseWithResolvers<void> } | undefined;
  /** From the number in a message to its end. */
  #tail = 0;
  #count = 0;
  #closing = false;
  #token = "";
  /** Events that reached a watcher. */
  delivered = 0;
  /** Streams that ended, other than by `disconnect`. */
  lost = 0;
  onEvent: OnEvent = () => {};

  constructor(port: number) {
    this.#port = port;
  }

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** Opens connections with no watchers on them. */
  async connect(watchers: number): Promise<void> {
    const count = Math.ceil(watchers / WATCHERS_PER_CONNECTION);
    this.#connections.push(
      ...(await Promise.all(Array.from({ length: count }, () => GrpcConnection.open(this.#port)))),
    );
  }

  /**
   * Has so many more watch, and resolves when each of them has its first message; those that resume go on where the
   * first one of all was told that nothing is missing.
   */
  async watch(count: number, resume = false): Promise<void> {
    this.#waiting = { count, done: Promise.withResolvers() };
    const selector = { kind: { case: "all", value: true } } as const;
    const request = create(SubscribeRequestSchema, {
      selector,
      ...(resume ? { resumeToken: this.#token } : { start: Start.NOW }),
    });
    const message = toBinary(SubscribeRequestSchema, request);
    for (let i = 0; i < count; i++) {
      const connection = this.#connections[Math.floor(this.#count++ / WATCHERS_PER_CONNECTION)];
      if (connection === undefined) throw new Error("there are too few connections");
      connection.call(path, message, this.#listener());
    }
    await this.#waiting.done.promise;
  }

  /** Breaks all connections off at once. */
  async disconnect(): Promise<void> {
    this.#closing = true;
    this.#count = 0;
    await Promise.all(this.#connections.splice(0).map(connection => connection.close()));
    this.#closing = false;
  }

  #listener() {
    let begun = false;
    return {
      message: (bytes: Buffer, start: number, end: number) => {
        if (!begun) {
          begun = true;
          this.#begun(bytes, start, end);
        }
        if (bytes[start] !== TRANSACTION) return;
        if (this.#tail === 0) this.#tail = tailOf(bytes.subarray(start, end));
        this.delivered += 1;
        this.onEvent(bytes.readDoubleBE(end - this.#tail));
      },
      ended: () => {
        if (this.#closing) return;
        this.lost += 1;
        this.#waiting?.done.reject(new Error("a watcher's stream ended"));
      },
    };
  }

  #begun(bytes: Buffer, start: number, end: number): void {
    if (this.#token === "") this.#token = fromBinary(SubscribeResponseSchema, bytes.subarray(start, end)).resumeToken;
    if (this.#waiting === undefined) return;
    this.#waiting.count -= 1;
    if (this.#waiting.count === 0) this.#waiting.done.resolve();
  }
}

/** Messages of one kind of event differ in their numbers alone: finds where the number stands, from the end. */
function tailOf(message: Buffer): number {
  const { message: content } = fromBinary(SubscribeResponseSchema, message);
  const payload = content.case === "transaction" && content.value.events[0]?.payload;
  if (!payload || payload.length !== NUMBER_BYTES) throw new Error("an event carries no number");
  return message.length - message.indexOf(payload);
}
