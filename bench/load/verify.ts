import { once } from "node:events";
import { request as request1 } from "node:http";
import { connect } from "node:http2";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import type { Call } from "./call.ts";

/** A reply that was found to be good. */
export interface GoodReply {
  /** Bytes of the body as they came, to hold those of a load against. */
  readonly dataBytes: number;
  /** The message, decompressed. */
  readonly message: Buffer;
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly trailers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** Makes one call. Throws with what came back where that is not a good reply. */
export async function verifyCall(port: number, call: Call): Promise<GoodReply> {
  const reply = await (call.http === "2" ? overHttp2(port, call) : overHttp1(port, call));
  const { status, headers, trailers, body } = reply;
  function bad(reason: string): never {
    const told = JSON.stringify({ status, headers, trailers, body: body.toString("latin1").slice(0, 200) });
    throw new Error(`${call.format} ${call.path} over HTTP/${call.http}: ${reason}: ${told}`);
  }
  if (status !== 200) bad("status is not 200");
  if (call.format !== "gRPC" && call.format !== "gRPC-Web") {
    return { dataBytes: body.length, message: headers["content-encoding"] === "gzip" ? gunzipSync(body) : body };
  }
  if (body.length < 5) bad("there is no message");
  const end = 5 + body.readUInt32BE(1);
  const last = call.format === "gRPC" ? trailers["grpc-status"] : statusFrame(body.subarray(end));
  if (last !== "0") bad("grpc-status is not 0");
  const bytes = body.subarray(5, end);
  return { dataBytes: body.length, message: body[0] === 1 ? gunzipSync(bytes) : bytes };
}

/** The grpc-status of gRPC-Web's last frame. */
function statusFrame(frame: Buffer): string | undefined {
  return frame[0] === 0x80 ? /grpc-status: ?(\d+)/i.exec(frame.toString("latin1"))?.[1] : undefined;
}

async function overHttp1(port: number, { path, headers, body }: Call): Promise<Reply> {
  const request = request1({ host: "127.0.0.1", port, path, method: "POST", headers, agent: false });
  request.end(body);
  const [response] = await once(request, "response");
  const bytes = await buffer(response);
  return { status: response.statusCode, headers: response.headers, trailers: response.trailers, body: bytes };
}

async function overHttp2(port: number, { path, headers, body }: Call): Promise<Reply> {
  const session = connect(`http://127.0.0.1:${port}`);
  try {
    const stream = session.request({ ":method": "POST", ":path": path, ...headers });
    let trailers: Record<string, unknown> = {};
    stream.on("trailers", fields => {
      trailers = fields;
    });
    const answered = once(stream, "response");
    stream.end(body);
    const [fields] = await answered;
    const bytes = await buffer(stream);
    // A reply of trailers alone comes as headers.
    return { status: Number(fields[":status"]), headers: fields, trailers: { ...fields, ...trailers }, body: bytes };
  } finally {
    session.close();
  }
}
