import type { Socket } from "node:net";
import { type ClientConnection, peerText } from "../interceptors/call-source.ts";
import { ConnectionAccount } from "./connection-account.ts";

/** What is known of a connection when it begins. */
export interface LaneConnectionInit {
  readonly socket: Pick<Socket, "remoteAddress" | "remotePort">;
  readonly encrypted: boolean;
  readonly httpVersion: "1.1" | "2.0";
  /** Bytes of replies that are not sent, above which the connection's next requests wait. */
  readonly maxUnsentBytes: number;
  readonly replies: Replies;
}

/** What a connection has to send. */
export interface Replies {
  /** Bytes that are not sent. */
  readonly queuedBytes: number;
}

/** A connection that one of our engines serves: who is at its other end, and what it has to send. */
export class LaneConnection extends ConnectionAccount implements ClientConnection {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly encrypted: boolean;
  readonly httpVersion: "1.1" | "2.0";
  readonly #replies: Replies;
  /** Made when it is asked for: most connections never log. */
  #peer: string | undefined = undefined;

  constructor({ socket, encrypted, httpVersion, maxUnsentBytes, replies }: LaneConnectionInit) {
    super(maxUnsentBytes);
    // Asking a socket is a system call, and a socket that is closed does not know any more.
    this.remoteAddress = socket.remoteAddress;
    this.remotePort = socket.remotePort;
    this.encrypted = encrypted;
    this.httpVersion = httpVersion;
    this.#replies = replies;
  }

  get peer(): string {
    this.#peer ??= peerText(this.remoteAddress, this.remotePort);
    return this.#peer;
  }

  override get bytes(): number {
    return this.#replies.queuedBytes;
  }
}
