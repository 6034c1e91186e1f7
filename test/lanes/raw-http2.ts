import { once } from "node:events";
import * as http2 from "node:http2";
import { toBinary } from "@bufbuild/protobuf";
import { HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { envelop } from "../../protocol/envelope.ts";
import { openHttp2 } from "../support/open-http2.ts";

/** What came back on one HTTP/2 stream. */
export interface RawReply {
  readonly headers: http2.IncomingHttpHeaders;
  /** The headers once more where they are all of the reply, as gRPC has it. */
  readonly trailers: http2.IncomingHttpHeaders;
  readonly body: Buffer;
  /** The code of the RST_STREAM, 0 for none or NO_ERROR. */
  readonly rstCode: number;
}

/** One `HelloRequest`, enveloped. */
export function hello(name: string, flags = 0): Uint8Array {
  return envelop(flags, toBinary(HelloRequestSchema, { $typeName: "greeter.HelloRequest", name, age: 0 }));
}

/** An HTTP/2 connection that is closed at the end of the scope. */
export function connect(url: string): http2.ClientHttp2Session & AsyncDisposable {
  const session = openHttp2(url);
  session.on("error", () => {});
  return Object.assign(session, {
    async [Symbol.asyncDispose]() {
      const closed = once(session, "close");
      session.destroy();
      await closed;
    },
  });
}

/** Opens a gRPC call; the caller writes and ends it. */
export function open(
  session: http2.ClientHttp2Session,
  method: string,
  headers: http2.OutgoingHttpHeaders = {},
): http2.ClientHttp2Stream {
  const stream = session.request(
    {
      ":method": "POST",
      ":path": `/greeter.Greeter/${method}`,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    },
    { endStream: false },
  );
  stream.on("error", () => {});
  return stream;
}

/** Waits for all of a reply. */
export async function replyOf(stream: http2.ClientHttp2Stream): Promise<RawReply> {
  let headers: http2.IncomingHttpHeaders = {};
  let trailers: http2.IncomingHttpHeaders = {};
  const chunks: Buffer[] = [];
  stream.on("response", (fields, flags) => {
    headers = fields;
    if (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) trailers = fields;
  });
  stream.on("trailers", fields => {
    trailers = fields;
  });
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(stream, "close");
  return { headers, trailers, body: Buffer.concat(chunks), rstCode: stream.rstCode ?? 0 };
}
