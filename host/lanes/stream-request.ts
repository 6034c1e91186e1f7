import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { RawRequest } from "../interceptors/call-source.ts";

/** A request over HTTP/2 as far as it is asked about: Node's own is a second stream on top of the HTTP/2 stream. */
export class StreamRequest implements RawRequest {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly httpVersion = "2.0";

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: readonly string[]) {
    this.stream = stream;
    this.headers = headers;
    this.rawHeaders = rawHeaders;
  }

  get method() {
    return this.headers[":method"];
  }
  get url() {
    return this.headers[":path"];
  }
  get socket() {
    return this.stream.session?.socket;
  }
}
