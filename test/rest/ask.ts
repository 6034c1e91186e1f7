import { once } from "node:events";
import * as http from "node:http";
import type * as http2 from "node:http2";
import type { JsonValue } from "@bufbuild/protobuf";
import { openHttp2 } from "../support/open-http2.ts";

/** A request over plain HTTP, sent as it is. */
export interface Asked {
  /** Defaults to GET. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, unless it is text. */
  readonly body?: JsonValue | Buffer | undefined;
}

/** What it was answered with. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; undefined where it is none. Tests say what is in it. */
  // biome-ignore lint/suspicious/noExplicitAny: a test that reads a field which is not there fails by itself
  readonly json: any;
}

/** Asks a server, over a connection of its own. */
export type Ask = (baseUrl: string, path: string, asked?: Asked) => Promise<Answer>;

function bodyOf({ body }: Asked): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}

function headersOf(asked: Asked): Record<string, string> {
  return asked.body === undefined ? { ...asked.headers } : { "content-type": "application/json", ...asked.headers };
}

function toAnswer(status: number, headers: http.IncomingHttpHeaders, chunks: readonly Buffer[]): Answer {
  const text = Buffer.concat(chunks).toString();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status, headers, text, json };
}

/** Over HTTP/1.1. */
export const askOverHttp1: Ask = async (baseUrl, path, asked = {}) => {
  const { hostname, port } = new URL(baseUrl);
  const { method = "GET" } = asked;
  // A connection that is to be closed is so with the answer, though the body be still on its way.
  const agent = new http.Agent({ keepAlive: true });
  try {
    const request = http.request({ hostname, port, path, method, headers: headersOf(asked), agent });
    request.end(bodyOf(asked));
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    return toAnswer(response.statusCode ?? 0, response.headers, await response.toArray());
  } finally {
    agent.destroy();
  }
};

/** Over HTTP/2. */
export const askOverHttp2: Ask = async (baseUrl, path, asked = {}) => {
  const session = openHttp2(baseUrl);
  try {
    const { method = "GET" } = asked;
    const stream = session.request({ ":method": method, ":path": path, ...headersOf(asked) });
    stream.end(bodyOf(asked));
    const [headers] = (await once(stream, "response")) as [http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader];
    return toAnswer(Number(headers[":status"]), headers, await stream.toArray());
  } finally {
    session.close();
  }
};

/** The ways to ask, by the version of HTTP. */
export const asks: Readonly<Record<string, Ask>> = { "1.1": askOverHttp1, "2": askOverHttp2 };
