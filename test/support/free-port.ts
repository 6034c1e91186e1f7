import { randomInt } from "node:crypto";
import * as net from "node:net";

/**
 * A port that is free, for servers that come and go at the same one. It lies below those that Linux gives to whoever asks
 * for any, so that no other test comes to have it meanwhile.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_240, 32_768);
    const server = net.createServer();
    const isFree = await new Promise<boolean>(resolve => {
      server.once("error", () => resolve(false)).listen(port, () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise(resolve => server.close(resolve));
    return port;
  }
}
