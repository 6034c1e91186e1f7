import { once } from "node:events";
import * as http from "node:http";

/** One event of a stream: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export interface ServerEvent {
  readonly type: string;
  readonly id: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: a test that reads a field which is not there fails by itself
  readonly data: any;
}

/** A stream of events that is being read. */
export interface EventStream extends AsyncDisposable {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** The next event; undefined at the end. */
  next(): Promise<ServerEvent | undefined>;
}

/** Asks for a stream of events, as a browser does. */
export async function openEvents(baseUrl: string, path: string, lastEventId?: string): Promise<EventStream> {
  const headers = { accept: "text/event-stream", ...(lastEventId !== undefined && { "last-event-id": lastEventId }) };
  const { hostname, port } = new URL(baseUrl);
  const request = http.get({ hostname, port, path, headers, agent: false });
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const events = parse(response.setEncoding("utf8"));
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    next: async () => (await events.next()).value,
    async [Symbol.asyncDispose]() {
      request.destroy();
    },
  };
}

async function* parse(chunks: AsyncIterable<string>): AsyncGenerator<ServerEvent, undefined> {
  let text = "";
  for await (const chunk of chunks) {
    text += chunk;
    for (;;) {
      const end = text.indexOf("\n\n");
      if (end < 0) break;
      const fields = new Map(
        text
          .slice(0, end)
          .split("\n")
          .map(line => line.split(/: ?(.*)/, 2) as [string, string]),
      );
      text = text.slice(end + 2);
      const data = fields.get("data");
      if (data !== undefined)
        yield { type: fields.get("event") ?? "message", id: fields.get("id"), data: JSON.parse(data) };
    }
  }
  return undefined;
}
