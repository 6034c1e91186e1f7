import { once } from "node:events";
import * as http from "node:http";
import type * as http2 from "node:http2";
import { openHttp2 } from "./open-http2.ts";

/** What a client got that sends its body when it is told to continue. */
export interface Outcome {
  readonly status: number | undefined;
  readonly body: string;
  readonly continues: number;
}

/** Sends a POST whose body waits for `100 Continue`, with the headers given. */
export type Expecting = (port: number, path: string, headers: Readonly<Record<string, string>>) => Promise<Outcome>;

/** Over HTTP/1.1. */
export const expectOverHttp1: Expecting = async (port, path, headers) => {
  const request = http.request({ port, path, method: "POST", headers });
  let continues = 0;
  request.on("continue", () => {
    continues++;
    request.end("body");
  });
  request.flushHeaders();
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const body = (await response.toArray()).join("");
  request.destroy();
  return { status: response.statusCode, body, continues };
};

/** Over HTTP/2. */
export const expectOverHttp2: Expecting = async (port, path, headers) => {
  const session = openHttp2(`http://127.0.0.1:${port}`);
  const stream = session.request({ ":method": "POST", ":path": path, ...headers });
  let continues = 0;
  stream.on("continue", () => {
    continues++;
    stream.end("body");
  });
  const [{ ":status": status }] = (await once(stream, "response")) as [http2.IncomingHttpStatusHeader];
  const body = (await stream.toArray()).join("");
  session.destroy();
  return { status, body, continues };
};
