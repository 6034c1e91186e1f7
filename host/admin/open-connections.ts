import type { MessageInitShape } from "@bufbuild/protobuf";
import { type ConnectionSchema, HttpVersion } from "../../gen/concierge/admin/v1/admin_pb.ts";
import { toDuration } from "../../protocol/duration.ts";
import type { OpenConnection } from "../listener/connections.ts";

const versions = { http1: HttpVersion.HTTP_VERSION_1_1, http2: HttpVersion.HTTP_VERSION_2 } as const;

/** What is told of a connection of a port, which speaks TLS with all or with none. */
export function describeConnection(
  connection: OpenConnection,
  tls: boolean,
): MessageInitShape<typeof ConnectionSchema> {
  const { peer, protocol, openStreams, openedAt, idleSince } = connection;
  const now = performance.now();
  return {
    peer,
    tls,
    openStreams,
    httpVersion: protocol && versions[protocol],
    age: toDuration(now - openedAt),
    idle: idleSince === undefined ? undefined : toDuration(now - idleSince),
  };
}
