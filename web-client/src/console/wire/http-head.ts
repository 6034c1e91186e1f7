import type { CallRecord, Headers } from "../call/call-record.ts";

/** A head as HTTP/1.1 writes it, for people: no page is shown the real one. */
export interface HttpHead {
  /** A line each. */
  readonly request: string;
  /** Empty until there is a reply. */
  readonly reply: string;
  /** Bytes that each has in HTTP/1.1, with the empty line at its end. */
  readonly requestBytes: number;
  readonly replyBytes: number;
}

type Call = Pick<CallRecord, "protocol" | "httpMethod" | "target" | "requestHeaders" | "head" | "trailers">;

/**
 * Writes the heads of a call as they may have been: what the call asked for, and what the browser shows of the reply. What
 * browsers add by themselves is left out. Of a relayed call they are the server's own.
 */
export function httpHead(call: Call): HttpHead {
  const { protocol, httpMethod, target, requestHeaders, head } = call;
  const version = protocol === "grpc" ? "HTTP/2" : "HTTP/1.1";
  const request = `${httpMethod} ${target} ${version}\n${lines(requestHeaders)}`;
  const reply = head ? `${version} ${head.status}\n${lines(head.headers)}` : "";
  return { request, reply, requestBytes: sizeOf(request), replyBytes: sizeOf(reply) };
}

function lines(headers: Headers): string {
  return headers.map(([name, value]) => `${name}: ${value}`).join("\n");
}

/** Each line ends in two bytes, and an empty one comes last. */
function sizeOf(text: string): number {
  if (text === "") return 0;
  return new TextEncoder().encode(text.replaceAll("\n", "\r\n")).length + 4;
}
