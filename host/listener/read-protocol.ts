import type { Socket } from "node:net";
import { sniffProtocol, type WireProtocol } from "./sniff.ts";

/** Reads until the protocol is known, gives the bytes back to the socket, and calls `decided`. */
export function readProtocol(socket: Socket, decided: (protocol: WireProtocol) => void): void {
  let head = Buffer.alloc(0);

  function close() {
    socket.destroy();
  }
  function read() {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    head = Buffer.concat([head, chunk]);
    const protocol = sniffProtocol(head);
    if (protocol === undefined) return;
    socket.off("readable", read).off("end", close);
    socket.unshift(head);
    decided(protocol);
  }
  // Whoever half-closes before it is understood has nothing more to say.
  socket.on("readable", read).once("end", close);
}
