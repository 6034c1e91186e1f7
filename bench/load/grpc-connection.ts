import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { frame, preface, types } from "../../test/support/frames.ts";
import { envelope } from "./call.ts";

/** Who hears of the reply on a stream. */
export interface StreamListener {
  /** A message is whole: the bytes from `start` to `end`, which are good only until this returns. */
  message(bytes: Buffer, start: number, end: number): void;
  /** The stream is over, or its connection. */
  ended(): void;
}

interface Stream {
  readonly listener: StreamListener;
  /** The begin of a message that is not whole. */
  carry: Buffer | undefined;
}

const END_STREAM = 1;
const END_HEADERS = 4;
const ACK = 1;
const WINDOW_UPDATE = 8;
/** Settings, RFC 9113 section 6.5.2. */
const MAX_CONCURRENT_STREAMS = 3;
const INITIAL_WINDOW_SIZE = 4;
const MAX_WINDOW = 2 ** 31 - 1;
const FIRST_WINDOW = 65_535;
/** Bytes after which the connection's window is opened again. Streams are taken to bring less than their window. */
const WINDOW_STEP = 2 ** 28;
const PREFIX_BYTES = 5;

/**
 * gRPC calls on one HTTP/2 connection that cost the client next to nothing: frames are counted through, headers are
 * not decoded. For loads where Node's client would take longer to receive than the server to send.
 */
export class GrpcConnection {
  readonly #socket: Socket;
  readonly #streams = new Map<number, Stream>();
  /** Calls that wait for the end of others. */
  readonly #waiting: (() => void)[] = [];
  readonly #settled = Promise.withResolvers<void>();
  #maxStreams = Number.POSITIVE_INFINITY;
  #rest: Buffer | undefined;
  #nextId = 1;
  #received = 0;

  /** Connects, and waits for the server's settings. */
  static async open(port: number): Promise<GrpcConnection> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    const connection = new GrpcConnection(socket);
    await connection.#settled.promise;
    return connection;
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    const window = Buffer.alloc(6);
    window.writeUInt16BE(INITIAL_WINDOW_SIZE);
    window.writeUInt32BE(MAX_WINDOW, 2);
    socket.write(Buffer.concat([preface, frame(types.settings, 0, 0, window)]));
    this.#openWindow(MAX_WINDOW - FIRST_WINDOW);
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", () => {});
    socket.on("close", () => this.#end());
  }

  /** Makes a call with one message, once the server takes one more. */
  call(path: string, message: Uint8Array, listener: StreamListener): void {
    if (this.#streams.size < this.#maxStreams) this.send(this.open(path, listener), envelope(message), true);
    else this.#waiting.push(() => this.call(path, message, listener));
  }

  /** Opens a call and returns the id of its stream. */
  open(path: string, listener: StreamListener): number {
    const id = this.#nextId;
    this.#nextId += 2;
    this.#streams.set(id, { listener, carry: undefined });
    this.#write(frame(types.headers, END_HEADERS, id, fields(path)));
    return id;
  }

  /**
   * Sends messages in their envelopes, and with `end` the end of the requests. The server's windows are not looked at:
   * what is under way must fit into 16 KB.
   */
  send(id: number, envelopes: Uint8Array, end = false): void {
    this.#write(frame(types.data, end ? END_STREAM : 0, id, envelopes));
  }

  /** Breaks the connection off. */
  async close(): Promise<void> {
    if (this.#socket.closed) return;
    const closed = once(this.#socket, "close");
    this.#socket.destroy();
    await closed;
  }

  /** What is written in one turn shares a write. */
  #write(bytes: Buffer): void {
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork();
      process.nextTick(() => this.#socket.uncork());
    }
    this.#socket.write(bytes);
  }

  #receive(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    while (at + 9 <= bytes.length) {
      const length = bytes.readUIntBE(at, 3);
      if (at + 9 + length > bytes.length) break;
      this.#handle(bytes, at, length);
      at += 9 + length;
    }
    this.#rest = at < bytes.length ? bytes.subarray(at) : undefined;
  }

  #handle(bytes: Buffer, at: number, length: number): void {
    const type = bytes[at + 3];
    const flags = bytes[at + 4] ?? 0;
    const payload = at + 9;
    if (type === types.data) {
      this.#received += length;
      if (this.#received > WINDOW_STEP) this.#openWindow(this.#received);
      this.#split(bytes.readUInt32BE(at + 5), bytes, payload, payload + length);
    } else if (type === types.settings && !(flags & ACK)) this.#settle(bytes.subarray(payload, payload + length));
    else if (type === types.ping && !(flags & ACK)) {
      this.#socket.write(frame(types.ping, ACK, 0, bytes.subarray(payload, payload + length)));
    }
    const ends = (type === types.data || type === types.headers) && (flags & END_STREAM) !== 0;
    if (ends || type === types.reset) this.#endStream(bytes.readUInt32BE(at + 5));
  }

  #settle(settings: Buffer): void {
    for (let at = 0; at < settings.length; at += 6) {
      if (settings.readUInt16BE(at) === MAX_CONCURRENT_STREAMS) this.#maxStreams = settings.readUInt32BE(at + 2);
    }
    this.#socket.write(frame(types.settings, ACK, 0));
    this.#settled.resolve();
  }

  /** Finds the messages in what a stream has brought. */
  #split(id: number, bytes: Buffer, start: number, end: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    if (stream.carry) {
      const joined = Buffer.concat([stream.carry, bytes.subarray(start, end)]);
      stream.carry = undefined;
      this.#split(id, joined, 0, joined.length);
      return;
    }
    let at = start;
    while (at + PREFIX_BYTES <= end) {
      const next = at + PREFIX_BYTES + bytes.readUInt32BE(at + 1);
      if (next > end) break;
      stream.listener.message(bytes, at + PREFIX_BYTES, next);
      at = next;
    }
    if (at < end) stream.carry = Buffer.from(bytes.subarray(at, end));
  }

  #openWindow(by: number): void {
    const increment = Buffer.alloc(4);
    increment.writeUInt32BE(by);
    this.#received = 0;
    this.#socket.write(frame(WINDOW_UPDATE, 0, 0, increment));
  }

  #endStream(id: number): void {
    const stream = this.#streams.get(id);
    this.#streams.delete(id);
    stream?.listener.ended();
    this.#waiting.shift()?.();
  }

  #end(): void {
    this.#settled.resolve();
    for (const id of [...this.#streams.keys()]) this.#endStream(id);
  }
}

/** The header block of a gRPC call: literal fields that enter no table, RFC 7541 section 6.2.2. */
function fields(path: string): Buffer {
  const all = {
    ":method": "POST",
    ":scheme": "http",
    ":path": path,
    ":authority": "localhost",
    "content-type": "application/grpc+proto",
    te: "trailers",
  };
  const text = (value: string) => Buffer.concat([Buffer.of(value.length), Buffer.from(value)]);
  return Buffer.concat(Object.entries(all).flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]));
}
