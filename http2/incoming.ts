import type { DecodedBlock } from "./hpack/decoder.ts";
import type { Trailers } from "./message-fields.ts";
import type { Stream } from "./stream.ts";

/** Takes the heads that come: requests on the server's side, responses on the client's. */
export interface Incoming {
  /** HEADERS on a stream that is idle. Throws a `ConnectionError` where the peer may not open it. */
  opened(id: number, block: DecodedBlock, endStream: boolean): void;
  /** HEADERS on a stream that is open. Returns trailers, where these are. Ends the stream where they are malformed. */
  head(stream: Stream, block: DecodedBlock, endStream: boolean): Trailers | undefined;
  /** Whether DATA may come on a stream. */
  mayHaveData(stream: Stream): boolean;
}
