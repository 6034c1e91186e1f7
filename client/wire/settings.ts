import type { JsonReadOptions, JsonWriteOptions } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";
import type { Encoding } from "../../protocol/encodings.ts";
import type { Protocol } from "../protocol.ts";

/** How calls are made on the wire. */
export interface WireSettings {
  /** Scheme, host and port, and a path where the services are mounted below one. */
  readonly baseUrl: string;
  /** What the server is called by. Defaults to the host of `baseUrl`. */
  readonly authority?: string | undefined;
  readonly protocol: Protocol;
  readonly useBinaryFormat: boolean;
  /** Connect: whether unary calls of methods without side effects are made by GET. Defaults to false. */
  readonly useHttpGet?: boolean | undefined;
  /** How requests are compressed that are not too small for it. Defaults to not at all. */
  readonly sendEncoding?: Encoding["name"] | undefined;
  /** Requests shorter than this are not worth compressing. Defaults to 1,024 bytes. */
  readonly compressMinBytes?: number | undefined;
  /** The largest message that is read, in bytes, before and after decompression. Defaults to 4,294,967,295. */
  readonly readMaxBytes?: number | undefined;
  /**
   * Whether a reply that ends without the protocol's own end of it counts as a connection that was lost, UNAVAILABLE, as proxies
   * end those of a server that they have lost. Defaults to false: INTERNAL.
   */
  readonly takesCutsForLoss?: boolean | undefined;
  /** Of Protobuf's JSON. */
  readonly jsonOptions?: Partial<JsonReadOptions & JsonWriteOptions> | undefined;
  /** The outermost first. Each is put on once for all calls. */
  readonly interceptors: readonly Interceptor[];
}
