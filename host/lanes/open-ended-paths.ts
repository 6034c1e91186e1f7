import type { DescService } from "@bufbuild/protobuf";

/**
 * Tells whether a request's path, as it was sent, is routed to a method whose clients send any number of messages, in their
 * own time.
 */
export function openEndedPaths(services: readonly DescService[]): (path: string) => boolean {
  const methods = services.flatMap(service => service.methods);
  const openEnded = methods.filter(
    ({ methodKind }) => methodKind === "client_streaming" || methodKind === "bidi_streaming",
  );
  const paths = new Set(openEnded.map(({ parent, name }) => `/${parent.typeName}/${name}`));
  return path => paths.has(path) || (path.includes("%") && paths.has(decoded(path)));
}

/** The path as the router reads it; one that cannot be decoded leads nowhere. */
function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
