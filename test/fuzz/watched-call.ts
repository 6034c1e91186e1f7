import type { Connection } from "../../http2/connection.ts";
import type { Trailers } from "../../http2/message-fields.ts";
import { get, post } from "../../http2/peer.fixture.ts";
import type { Stream } from "../../http2/stream.ts";
import type { StreamEvents } from "../../http2/stream-events.ts";

/** Each path is served in another way. */
export const paths = ["/echo", "/early", "/slow", "/large", "/reset", "/never"] as const;

const head = Object.freeze([":status", "200", "content-type", "application/octet-stream"]);
const trailers = Object.freeze(["x-status", "0"]);
const large = Buffer.alloc(150_000, "large");

/** A call on either side that notes whatever it should not have been told. */
export class WatchedCall implements StreamEvents {
  readonly stream: Stream;
  readonly #problems: string[];
  isPaused = false;
  isClosed = false;
  #hasEnded = false;

  constructor(stream: Stream, problems: string[]) {
    this.stream = stream;
    this.#problems = problems;
  }

  /** Serves a request the way its path says. */
  static serve(stream: Stream, problems: string[]): WatchedCall {
    const call = new WatchedCall(stream, problems);
    stream.listen(call);
    const path = stream.request?.path;
    if (path === "/reset") {
      stream.reset();
      return call;
    }
    if (path === "/slow") stream.want(200_000);
    stream.respond(head);
    if (path === "/early") stream.end(Buffer.from("early"), trailers);
    if (path === "/large") stream.write(large);
    if (path === "/slow") call.isPaused = true;
    else stream.resume();
    return call;
  }

  /** Opens a call whose response is read. Its events may come before it is returned. */
  static open(connection: Connection, method: string, bodyBytes: number, problems: string[]): WatchedCall {
    const fields = [":method", method, ...(method === "POST" ? post : get).slice(2)];
    const early: ((call: WatchedCall) => void)[] = [];
    let call: WatchedCall | undefined;
    const tell = (event: (call: WatchedCall) => void) => {
      if (call === undefined) early.push(event);
      else event(call);
    };
    const stream = connection.open(fields, {
      responded: () => tell(told => told.responded()),
      data: chunk => tell(told => told.data(chunk)),
      ended: trailers => tell(told => told.ended(trailers)),
      drained: () => tell(told => told.drained()),
      closed: () => tell(told => told.closed()),
    });
    call = new WatchedCall(stream, problems);
    for (const event of early) event(call);
    stream.resume();
    stream.end(bodyBytes > 0 ? Buffer.alloc(bodyBytes, "body") : undefined);
    return call;
  }

  /** Goes on where it is paused. */
  goOn(): void {
    this.isPaused = false;
    this.stream.resume();
  }

  responded(): void {
    this.#expectOpen("a head");
  }

  data(chunk: Buffer): void {
    this.#expectOpen("data");
    if (this.isPaused) this.#problems.push("a paused call was told of data");
    if (this.stream.request === undefined || this.stream.write(chunk)) return;
    this.isPaused = true;
    this.stream.pause();
  }

  ended(_: Trailers | undefined): void {
    this.#expectOpen("the end of the body");
    this.#hasEnded = true;
    if (this.stream.request !== undefined && this.stream.request.path !== "/never")
      this.stream.end(undefined, trailers);
  }

  drained(): void {
    if (this.isClosed) this.#problems.push("a closed call was told of room");
    if (this.isPaused) this.goOn();
  }

  closed(): void {
    if (this.isClosed) this.#problems.push("a call was told twice that it is closed");
    this.isClosed = true;
    this.stream.settled();
  }

  #expectOpen(what: string): void {
    if (this.isClosed) this.#problems.push(`a closed call was told of ${what}`);
    else if (this.#hasEnded) this.#problems.push(`a call was told of ${what} after its end`);
  }
}
