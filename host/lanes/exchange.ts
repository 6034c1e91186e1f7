import type { ConnectError } from "@connectrpc/connect";
import type { Fields } from "../../protocol/metadata.ts";
import type { UnsentReplies } from "./unsent-replies.ts";

/** What happens on the wire while a call runs. */
export interface ExchangeListener {
  /** A part of the request's body. */
  received(chunk: Uint8Array): void;
  /** The request's body is complete. */
  receivedAll(): void;
  /** There is room again after `write` answered false. */
  drained(): void;
  /** The client has left; nothing more can be written. Not called once the reply is ended. */
  gone(reason: ConnectError): void;
}

/** One HTTP request and its reply, whatever the HTTP version. */
export interface Exchange {
  readonly method: string;
  /** Path and query, as received. */
  readonly path: string;
  /** As Node holds them; not to be changed. */
  readonly headers: Fields;
  /** Absolute. */
  readonly url: string;
  /**
   * Tells the listener from now on of the client's leaving, and of room to write. Over Node's HTTP the reply is counted among those
   * that are not sent; our engines count by themselves.
   */
  open(listener: ExchangeListener, replies: UnsentReplies): void;
  /**
   * Resolves once there is room for the request's message: see `ConnectionAccount.room`. Undefined where there is no need to wait.
   * Say `unfolded` afterwards where `unfolds` was true.
   */
  room(unfolds: boolean): Promise<void> | undefined;
  unfolded(): void;
  /** Starts to read the body, or goes on after `pause`. */
  read(): void;
  pause(): void;
  /** A message of the request is not complete: so many of its bytes are kept, and so many are still to come. */
  incomplete(kept: number, missing: number): void;
  /** Sends status and headers. `trailers` says that `end` will bring some. */
  head(status: number, fields: Fields, trailers: boolean): void;
  /** Sends status and headers, which are all of the reply. */
  headAlone(status: number, fields: Fields): void;
  /** Sends a reply that is all there, with its length. */
  reply(status: number, fields: Fields, body: Uint8Array): void;
  /** Returns false where the client reads too slowly: wait for `drained`. */
  write(bytes: Uint8Array): boolean;
  /** Ends the reply. Of the request, what is still to come after a reply is drained within bounds, then refused. */
  end(bytes: Uint8Array | undefined, trailers?: Fields): void;
  /** Breaks the exchange off, where a reply has become impossible. */
  destroy(): void;
  /** What was done for the call is over. Until then it counts on the calls that its connection runs, even if it has ended. */
  settled(): void;
}

/** What a client may still send once it has its answer. */
export const drainBytes = 8 * 1024 * 1024;
