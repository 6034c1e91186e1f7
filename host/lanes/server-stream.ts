import type { RequestHead } from "../../http2/request-head.ts";
import type { StreamEvents } from "../../http2/stream-events.ts";

/** A request and its response as our engines hand it to whoever serves it: the methods are `Stream`'s of `http2/`. */
export interface ServerStream {
  readonly request: RequestHead;
  readonly isClosed: boolean;
  /** Whether all of the request's body has come. */
  readonly readEnded: boolean;
  listen(events: StreamEvents): void;
  resume(): void;
  pause(): void;
  want(bytes: number): void;
  retain(bytes: number): boolean;
  release(): void;
  inform(fields: readonly string[]): void;
  respond(fields: readonly string[], more?: readonly string[], end?: boolean): void;
  write(chunk: Uint8Array): boolean;
  end(chunk?: Uint8Array, trailers?: readonly string[]): void;
  reset(code?: number): void;
  settled(): void;
}
