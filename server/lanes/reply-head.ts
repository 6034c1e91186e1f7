import type { Encoding } from "./encodings.ts";
import type { Fields } from "./metadata.ts";
import { allFormats, type WireFormat } from "./wire-format.ts";

function fields(entries: Record<string, string>): Fields {
  return Object.freeze(Object.assign(Object.create(null), entries));
}

function head(format: WireFormat, encoding?: "gzip" | "br"): Fields {
  const contentType = { "content-type": format.contentType };
  if (!encoding || !format.enveloped) return fields(contentType);
  return fields({ ...contentType, [format.encodingHeader]: encoding });
}

const heads = new Map(
  allFormats.map(format => [
    format,
    { identity: head(format), gzip: head(format, "gzip"), br: head(format, "br") } as const,
  ]),
);
const grpcTrailer = fields({ "grpc-status": "0" });
const noTrailer = fields({});

/** The response headers each call of a format starts with; shared, so not to be changed. */
export function baseHead(format: WireFormat, encoding: Encoding | undefined): Fields {
  return heads.get(format)?.[encoding?.name ?? "identity"] ?? noTrailer;
}

/** The trailers each call starts with; shared, so not to be changed. */
export function baseTrailer(format: WireFormat): Fields {
  return format.protocol === "connect" ? noTrailer : grpcTrailer;
}
