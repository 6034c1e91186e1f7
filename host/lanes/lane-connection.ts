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
  /** Tells how many there are. */
  readonly unsent: () => number;
}

/** A connection that one of our engines serves: who is at its other end, and what it has to send. */
export class LaneConnection extends ConnectionAccount implements ClientConnection {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly encrypted: boolean;
  readonly httpVersion: "1.1" | "2.0";
  readonly peer: string;
  readonly #unsent: () => number;

  constructor({ socket, encrypted, httpVersion, maxUnsentBytes, unsent }: LaneConnectionInit) {
    super(maxUnsentBytes);
    // Asking a socket is a system call, and a socket that is closed does not know any more.
    this.remoteAddress = socket.remoteAddress;
    this.remotePort = socket.remotePort;
    this.peer = peerText(this.remoteAddress, this.remotePort);
    this.encrypted = encrypted;
    this.httpVersion = httpVersion;
    this.#unsent = unsent;
  }

  override get bytes(): number {
    return this.#unsent();
  }
}
