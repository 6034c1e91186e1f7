import { GrpcConnection } from "./grpc-connection.ts";
import type { JobResult, OpenJob } from "./job.ts";
import { callOnSchedule } from "./schedule.ts";

/** Calls on bare connections, each in its turn, as {@link callOnSchedule} does. */
export async function callAtRate({ port, path, message, rate, seconds, ...job }: OpenJob): Promise<JobResult> {
  const connections = await Promise.all(Array.from({ length: job.connections }, () => GrpcConnection.open(port)));
  const bytes = Buffer.from(message, "base64");
  const result = await callOnSchedule({
    rate,
    seconds,
    call(index, answered, failed) {
      // A call that failed brings no message.
      let good = false;
      connections[index % connections.length]?.call(path, bytes, {
        message() {
          good = true;
        },
        ended() {
          if (good) answered();
          else failed(new Error(`a call to ${path} ended without a message`));
        },
      });
    },
  });
  await Promise.all(connections.map(each => each.close()));
  return result;
}
