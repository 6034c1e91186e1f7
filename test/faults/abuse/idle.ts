import { once } from "node:events";
import type { Socket } from "node:net";
import { hello } from "../../support/frames.ts";
import { connect } from "../../support/port.ts";
import { acknowledge } from "./swarm.ts";

/** Connections that are opened at a time. */
const batch = 100;

/** Opens connections that are silent and well-behaved: half of them HTTP/2, half of them HTTP/1.1 after a request. */
export async function openIdle(port: number, connections: number): Promise<Socket[]> {
  const open: Socket[] = [];
  async function one(_: unknown, n: number) {
    const socket = await connect(port);
    open.push(socket);
    const answered = once(socket, "data");
    if (n % 2 === 0) {
      acknowledge(socket);
      socket.write(hello);
    } else {
      socket.resume();
      socket.write("GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n");
    }
    await answered;
  }
  while (open.length < connections) await Promise.all(Array.from({ length: batch }, one));
  return open;
}
