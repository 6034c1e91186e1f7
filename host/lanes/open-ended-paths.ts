import type { DescService } from "@bufbuild/protobuf";

/** The paths of the methods whose clients send any number of messages, in their own time. */
export function openEndedPaths(services: readonly DescService[]): ReadonlySet<string> {
  const methods = services.flatMap(service => service.methods);
  const openEnded = methods.filter(
    ({ methodKind }) => methodKind === "client_streaming" || methodKind === "bidi_streaming",
  );
  return new Set(openEnded.map(({ parent, name }) => `/${parent.typeName}/${name}`));
}
