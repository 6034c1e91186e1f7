import { once } from "node:events";
import * as http from "node:http";
import type * as http2 from "node:http2";
import { openHttp2 } from "./open-http2.ts";
import type { HttpVersion } from "./raw-calls.ts";

/** A request as nobody's client would make it. */
export interface RawRequest {
  /** Default: POST. */
  readonly verb?: string;
  readonly path: string;
  /** `host` is the `:authority` over HTTP/2. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Unset: none comes, and the request is not ended either. */
  readonly body?: string | Uint8Array;
}

/** What it was answered. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly trailers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Sends a request on a connection of its own, and waits for all of the answer. */
export function sendRaw(version: HttpVersion, port: number, request: RawRequest): Promise<RawAnswer> {
  return version === "2" ? sendHttp2(port, request) : sendHttp1(port, request);
}

async function sendHttp1(port: number, { verb = "POST", path, headers = {}, body }: RawRequest): Promise<RawAnswer> {
  const request = http.request({ agent: false, host: "127.0.0.1", port, method: verb, path, headers });
  if (body === undefined) request.flushHeaders();
  else request.end(body);
  const [answer] = (await once(request, "response")) as [http.IncomingMessage];
  const bytes = Buffer.concat(await answer.toArray());
  // A server may cut off a request that is not ended.
  request.on("error", () => {}).destroy();
  const { statusCode: status = 0, headers: fields, trailers } = answer;
  return { status, headers: fields, trailers, body: bytes };
}

async function sendHttp2(port: number, request: RawRequest): Promise<RawAnswer> {
  const { verb = "POST", path, headers: { host = "localhost", ...headers } = {}, body } = request;
  const session = openHttp2(`http://127.0.0.1:${port}`);
  try {
    const pseudo = { ":method": verb, ":path": path, ":authority": host };
    const stream = session.request({ ...pseudo, ...headers }, { endStream: false });
    let trailers = {};
    stream.on("trailers", fields => {
      trailers = fields;
    });
    if (body !== undefined) stream.end(body);
    const [fields] = (await once(stream, "response")) as [http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader];
    const bytes = Buffer.concat(await stream.toArray());
    return { status: fields[":status"] ?? 0, headers: fields, trailers, body: bytes };
  } finally {
    session.destroy();
  }
}
