import type { Message } from "@bufbuild/protobuf";
import type { Stream } from "../../http2/stream.ts";
import { compressedFlag, envelop } from "../../protocol/envelope.ts";
import type { MethodPlan } from "./method-plan.ts";

/** Sends the messages of a streaming call, each when the one before has gone far enough. */
export class RequestPump {
  readonly #plan: MethodPlan;
  readonly #stream: Stream;
  #isStopped = false;
  #room: (() => void) | undefined = undefined;

  constructor(plan: MethodPlan, stream: Stream) {
    this.#plan = plan;
    this.#stream = stream;
  }

  /** Sends all messages, and then the end. Rejects with what their source throws, and with what the codec does. */
  async run(messages: AsyncIterable<Message>): Promise<void> {
    for await (const message of messages) {
      if (this.#isStopped) return;
      const envelope = this.#envelop(message);
      const hasRoom = this.#stream.write(envelope instanceof Promise ? await envelope : envelope);
      if (!hasRoom)
        await new Promise<void>(resolve => {
          this.#room = resolve;
        });
      if (this.#isStopped) return;
    }
    this.#stream.end();
  }

  /** The stream is drained. */
  drained(): void {
    this.#room?.();
    this.#room = undefined;
  }

  /** Nothing more is to be sent. */
  stop(): void {
    this.#isStopped = true;
    this.drained();
  }

  #envelop(message: Message): Uint8Array | Promise<Uint8Array> {
    if (this.#plan.encoding === undefined) return this.#plan.enveloped(message);
    const bytes = this.#plan.serialize(message);
    const compressed = this.#plan.compress(bytes);
    if (compressed === undefined) return envelop(0, bytes);
    return compressed instanceof Promise
      ? compressed.then(short => envelop(compressedFlag, short))
      : envelop(compressedFlag, compressed);
  }
}
