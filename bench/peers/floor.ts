import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { HelloReplySchema, HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { greet } from "./greeter-work.ts";
import { announce } from "./report.ts";

/** The least there can be on Node: HTTP/2 streams and protobuf, one path, no check of anything. */
function answer(stream: ServerHttp2Stream): void {
  const chunks: Buffer[] = [];
  // A load that is over leaves its connections.
  stream.on("error", () => {});
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => {
    // A client that goes away ends its streams, too.
    if (stream.aborted) return;
    const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
    const reply = toBinary(HelloReplySchema, greet(fromBinary(HelloRequestSchema, body.subarray(5))));
    const frame = Buffer.allocUnsafe(5 + reply.length);
    frame[0] = 0;
    frame.writeUInt32BE(reply.length, 1);
    frame.set(reply, 5);
    stream.respond({ ":status": 200, "content-type": "application/grpc+proto" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(frame);
  });
}

const server = createServer();
server.on("stream", answer);
server.listen(0, "127.0.0.1", () => announce((server.address() as AddressInfo).port));
