import { randomBytes } from "node:crypto";
import { createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { createTransport } from "../../client/index.ts";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { delayProxy } from "./delay-proxy.ts";
import type { FarJob, JobResult } from "./job.ts";

/** Small calls that are made one after the other beside a large one. */
const SMALL_CALLS = 5;

/**
 * Sends and gets back a large message through a delay, and answers `large`: its milliseconds, and `small`: those of the
 * slowest of some small calls beside another large one, on the same connection where HTTP/2 shares one. The connection is
 * open and made one small call, so its windows are as at the start.
 */
export async function callFromFar({ port, http, roundTripMs, bytes }: FarJob): Promise<JobResult> {
  await using proxy = await delayProxy(port, roundTripMs / 2);
  const baseUrl = `http://127.0.0.1:${proxy.port}`;
  const transport: Transport =
    http === "1.1"
      ? createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: true })
      : // Node's HTTP/2 takes 10 s and more.
        createTransport({ baseUrl, protocol: "grpc", deadlineMs: 0 });
  const greeter = createClient(Greeter, transport);
  // What gzip makes nothing of, or the way back would be shorter.
  const name = randomBytes(Math.ceil((bytes * 3) / 4))
    .toString("base64")
    .slice(0, bytes);

  async function time(text: string): Promise<number> {
    const began = performance.now();
    const { message } = await greeter.sayHello({ name: text });
    if (!message.includes(text)) throw new Error("the reply does not hold the name");
    return performance.now() - began;
  }
  await time("Ada");
  const large = await time(name);
  const beside = time(name);
  let small = 0;
  for (let n = 0; n < SMALL_CALLS; n++) small = Math.max(small, await time("Ada"));
  await beside;
  return { large, small };
}
