import type { MessageInitShape } from "@bufbuild/protobuf";
import type { DurationSchema } from "@bufbuild/protobuf/wkt";

/** Milliseconds, which may have fractions, as a duration: protobuf-es's own takes whole ones alone. */
export function toDuration(ms: number): MessageInitShape<typeof DurationSchema> {
  const seconds = Math.floor(ms / 1000);
  return { seconds: BigInt(seconds), nanos: Math.floor((ms - seconds * 1000) * 1e6) };
}
