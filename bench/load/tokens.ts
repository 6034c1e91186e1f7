import type { JobResult, TokensJob } from "./job.ts";
import { ended, openSessions } from "./sessions.ts";

/**
 * Calls once with each token and answers `rate`: replies a second, after a quarter of them as a warm-up. Throws where one
 * fails, or answers another number of bytes than the first.
 */
export async function callWithTokens({
  port,
  path,
  body,
  tokens,
  connections,
  inFlight,
}: TokensJob): Promise<JobResult> {
  using sessions = await openSessions(port, connections);
  const message = Buffer.from(body, "base64");
  const warm = Math.floor(tokens.length / 4);
  const queue = tokens.entries();
  let expected: number | undefined;
  let start = performance.now();

  async function work(slot: number) {
    for (const [index, token] of queue) {
      if (index === warm) start = performance.now();
      let received = 0;
      const call = sessions.open(slot, path, { authorization: `Bearer ${token}` });
      const done = ended(call, chunk => {
        received += chunk.length;
      });
      call.end(message);
      await done;
      expected ??= received;
      if (received !== expected) throw new Error(`${path} answered ${received} bytes, ${expected} before`);
    }
  }
  await Promise.all(Array.from({ length: inFlight }, (_, slot) => work(slot)));
  return { rate: (1000 * (tokens.length - warm)) / (performance.now() - start) };
}
