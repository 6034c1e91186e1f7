import type { Encoding } from "../../protocol/encodings.ts";
import type { Fields } from "../../protocol/metadata.ts";
import { allFormats, restFormats, type WireFormat } from "../../protocol/wire-format.ts";

function head(format: WireFormat, encoding?: "gzip" | "br"): Fields {
  const contentType = { "content-type": format.contentType };
  if (!encoding || !format.enveloped) return contentType;
  return { ...contentType, [format.encodingHeader]: encoding };
}

const heads = new Map(
  [...allFormats, ...Object.values(restFormats)].map(format => [
    format,
    { identity: head(format), gzip: head(format, "gzip"), br: head(format, "br") } as const,
  ]),
);
/** The trailers of a gRPC call that went well; shared, so not to be changed. */
export const grpcTrailer: Fields = { "grpc-status": "0" };
/** Those of a Connect call, which has none of its own; shared, so not to be changed. */
export const noTrailer: Fields = {};

/** All that `baseHead` returns. */
export const baseHeads: readonly Fields[] = [...heads.values()].flatMap(each => Object.values(each));

/** The response headers each call of a format starts with; shared, so not to be changed. */
export function baseHead(format: WireFormat, encoding: Encoding | undefined): Fields {
  return heads.get(format)?.[encoding?.name ?? "identity"] ?? noTrailer;
}

/** The trailers each call starts with; shared, so not to be changed. */
export function baseTrailer(format: WireFormat): Fields {
  return format.protocol.startsWith("grpc") ? grpcTrailer : noTrailer;
}
