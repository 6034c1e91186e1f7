import type { Message } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import type { Codec } from "../../protocol/codec.ts";
import type { Fields } from "../../protocol/metadata.ts";
import { restFormats } from "../../protocol/wire-format.ts";
import type { CallInit } from "../lanes/call-scope.ts";
import { ReplyStream } from "../lanes/reply-stream.ts";
import { RequestStream, type Requests } from "../lanes/request-stream.ts";
import type { StreamRpc } from "../lanes/rpc.ts";
import { StreamCall } from "../lanes/stream-call.ts";
import type { HeaderField } from "./binder.ts";
import { createRequestBody, OneRequest, partsOf, tooLargeAs413, writeError } from "./request-parts.ts";
import { parseJson } from "./rest-codec.ts";
import { errorJson } from "./rest-error.ts";
import { commonFields, type RestRequest } from "./route.ts";
import { eventOf, LineReader, PlainBatch } from "./stream-codecs.ts";

/** How often a stream of events that has nothing to tell says that it is alive: what is between cuts silent ones off. */
const heartbeatMs = 15_000;
const heartbeat = Buffer.from(": \n\n");

/** A call that streams in one direction over plain HTTP: replies as lines of JSON or as events, or requests as lines. */
export class RestStreamCall extends StreamCall {
  readonly #request: RestRequest;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(init: CallInit<StreamRpc>, request: RestRequest) {
    super(init);
    this.#request = request;
  }

  protected override receive(): void {
    super.receive();
    if (!this.#request.route.hasBody) super.receivedAll();
  }

  override received(chunk: Uint8Array): void {
    if (this.#request.route.hasBody) super.received(chunk);
  }

  override receivedAll(): void {
    if (this.#request.route.hasBody) super.receivedAll();
  }

  protected override createRequests(): Requests {
    const { exchange } = this;
    if (this.rpc.spec.kind !== "client_streaming") {
      const body = createRequestBody(this.#request, exchange, this.readOptions(false), this.#resumedFields());
      return new OneRequest(body, this.rpc.meter);
    }
    const options = { ...this.readOptions(true), codec: this.#lineCodec(), encoding: undefined };
    const lines = new LineReader(options.limit);
    const reader = {
      get buffered() {
        return lines.buffered;
      },
      push: (chunk: Uint8Array) => lines.push(chunk),
      end: () => lines.end(),
      read: () => tooLargeAs413(() => lines.read()),
    };
    return new RequestStream(exchange, reader, options, 0);
  }

  /** Reads a line; what headers give, the first one has. */
  #lineCodec(): Codec {
    const { route } = this.#request;
    let line = 0;
    return {
      name: "json",
      parse: bytes => {
        line++;
        const parts = line === 1 ? partsOf(this.#request, this.exchange.headers) : { segments: [], query: "" };
        return route.bind(parts, parseJson(bytes, route.weigh));
      },
      weigh: route.weigh,
      serialize: route.serialize,
    };
  }

  /** What a client's last event id says, where its stream resumes. */
  #resumedFields(): HeaderField[] {
    const { events } = this.#request.route.binding;
    const last = this.header("last-event-id");
    if (events === undefined || !last) return [];
    const { resume, cleared } = events;
    return [{ fields: [resume], value: last, header: "last-event-id", clears: [resume, ...cleared] }];
  }

  protected override createReplies(messages: AsyncIterable<Message>): ReplyStream {
    const { codecs, serialize } = this.#request.route;
    const { format, codec } = this;
    const own: Codec =
      format === restFormats.events
        ? codecs.events
        : format === restFormats.lines
          ? codecs.lines
          : { ...codec, serialize };
    return new ReplyStream(this, this.rpc, own, undefined, messages, new PlainBatch());
  }

  protected override headFields(): Fields {
    const fields = commonFields({ ...super.headFields() });
    fields["cache-control"] ??= "no-store";
    if (this.format === restFormats.events) {
      // nginx would hold events back until it has a buffer of them.
      fields["x-accel-buffering"] = "no";
      this.#heartbeat = setInterval(() => this.write(heartbeat), heartbeatMs).unref();
    }
    return fields;
  }

  protected override released(reason: unknown): void {
    clearInterval(this.#heartbeat);
    super.released(reason);
  }

  protected override endReply(last: Uint8Array | undefined, error: ConnectError | undefined): void {
    clearInterval(this.#heartbeat);
    const end = this.#end(error);
    this.exchange.end(end === undefined ? last : Buffer.concat([last ?? new Uint8Array(0), end]));
  }

  /** How the stream went. Its status is sent long since, so it is told behind the last message. */
  #end(error: ConnectError | undefined): Uint8Array | undefined {
    if (this.format === restFormats.events)
      return eventOf("status", error ? errorJson(error) : { code: 200, status: "OK" });
    return error && Buffer.from(`${JSON.stringify(errorJson(error))}\n`);
  }

  protected override replyErrorAlone(error: ConnectError): void {
    clearInterval(this.#heartbeat);
    if (this.#mayResume(error)) {
      this.sendHead();
      this.endReply(undefined, error);
    } else writeError(this.exchange, error, this.responseHeader);
  }

  /** A browser gives up at any status but 200, and what it resumes may be there again the next time that it asks. */
  #mayResume({ code }: ConnectError): boolean {
    return code === Code.Unavailable && this.format === restFormats.events && this.#resumedFields().length > 0;
  }
}
