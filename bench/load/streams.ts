import { envelope } from "./call.ts";
import { GrpcConnection } from "./grpc-connection.ts";
import type { JobResult, StreamsJob } from "./job.ts";

/** Messages a client hands over in one write, and those of a bidi stream that wait for their reply at a time. */
const BATCH = 16;

/**
 * Streams on all slots for some seconds, after a third of them as a warm-up, and answers `rate`: messages a second. Of a
 * stream that began before that time or ended after it, the share within counts. Throws where a stream ends with another
 * number of messages than it should have: those of a call that failed are missing.
 */
export async function stream(job: StreamsJob): Promise<JobResult> {
  const { connections: count, streamsPerConnection, seconds } = job;
  const connections = await Promise.all(Array.from({ length: count }, () => GrpcConnection.open(job.port)));
  const frame = envelope(Buffer.from(job.message, "base64"));
  const batch = Buffer.concat(Array.from({ length: BATCH }, () => frame));
  const warm = performance.now() + (seconds * 1000) / 3;
  const end = warm + seconds * 1000;
  let messages = 0;

  async function slot(connection: GrpcConnection) {
    for (let began = performance.now(); began < end; ) {
      await once(job, connection, frame, batch);
      const ended = performance.now();
      const within = Math.max(0, Math.min(ended, end) - Math.max(began, warm));
      messages += (job.messages * within) / (ended - began);
      began = ended;
    }
  }
  await Promise.all(connections.flatMap(each => Array.from({ length: streamsPerConnection }, () => slot(each))));
  await Promise.all(connections.map(each => each.close()));
  return { rate: messages / seconds };
}

function once(job: StreamsJob, connection: GrpcConnection, frame: Buffer, batch: Buffer): Promise<void> {
  const { stream: kind, path, messages } = job;
  const expected = kind === "client" ? 1 : messages;
  return new Promise((resolve, reject) => {
    let received = 0;
    let sent = 0;
    const id = connection.open(path, {
      message() {
        received++;
        // In a bidi stream replies make room for requests.
        if (kind === "bidi" && sent < messages && received % BATCH === 0) send();
      },
      ended() {
        if (received === expected) resolve();
        else reject(new Error(`${path} ended after ${received} of ${expected} messages`));
      },
    });
    function send() {
      const count = Math.min(BATCH, messages - sent);
      sent += count;
      connection.send(id, batch.subarray(0, count * frame.length), sent === messages);
    }
    if (kind === "server") connection.send(id, frame, true);
    else if (kind === "bidi") send();
    else while (sent < messages) send();
  });
}
