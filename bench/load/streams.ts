import { envelope } from "./call.ts";
import type { JobResult, StreamsJob } from "./job.ts";
import { ended, openSessions, type Sessions } from "./sessions.ts";

/** Messages a client hands over in one write, and those of a bidi stream that wait for their reply at a time. */
const BATCH = 16;

/**
 * Streams on all slots for some seconds, after a third of them as a warm-up, and answers `rate`: messages a second. Of a
 * stream that began before that time or ended after it, the share within counts. Throws where a stream fails or answers
 * another number of bytes than the first.
 */
export async function stream(job: StreamsJob): Promise<JobResult> {
  using sessions = await openSessions(job.port, job.connections);
  const frame = envelope(Buffer.from(job.message, "base64"));
  const batch = Buffer.concat(Array.from({ length: BATCH }, () => frame));
  const expected = await once(job, sessions, 0, frame, batch, undefined);
  const warm = performance.now() + (job.seconds * 1000) / 3;
  const end = warm + job.seconds * 1000;
  let messages = 0;

  async function slot(index: number) {
    for (let began = performance.now(); began < end; ) {
      await once(job, sessions, index, frame, batch, expected);
      const ended = performance.now();
      const within = Math.max(0, Math.min(ended, end) - Math.max(began, warm));
      messages += (job.messages * within) / (ended - began);
      began = ended;
    }
  }
  await Promise.all(Array.from({ length: job.connections * job.streamsPerConnection }, (_, index) => slot(index)));
  return { rate: messages / job.seconds };
}

async function once(
  { stream: kind, path, messages }: StreamsJob,
  sessions: Sessions,
  index: number,
  frame: Buffer,
  batch: Buffer,
  expected: number | undefined,
): Promise<number> {
  const call = sessions.open(index, path);
  let received = 0;
  let sent = 0;
  const replyBytes = expected === undefined ? undefined : expected / messages;

  function send(count: number) {
    const size = Math.min(count, messages - sent);
    if (size <= 0) return true;
    sent += size;
    const more = call.write(size === BATCH ? batch : batch.subarray(0, size * frame.length));
    if (sent === messages) call.end();
    return more;
  }
  function fill() {
    while (sent < messages) if (!send(BATCH)) return;
  }

  if (kind === "server") call.end(frame);
  else if (kind === "client" || replyBytes === undefined) fill();
  else send(BATCH);
  if (kind === "client" || replyBytes === undefined) call.on("drain", fill);
  await ended(call, chunk => {
    received += chunk.length;
    // In a bidi stream each reply makes room for a request.
    if (kind === "bidi" && replyBytes !== undefined) send(Math.floor(received / replyBytes) + BATCH - sent);
  });
  if (expected !== undefined && received !== expected) {
    throw new Error(`${path} answered ${received} bytes, ${expected} before`);
  }
  return received;
}
