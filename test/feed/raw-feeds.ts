import { once } from "node:events";
import { type ClientRequest, request as httpRequest } from "node:http";
import { type ClientHttp2Session, connect, constants } from "node:http2";
import type { Readable } from "node:stream";
import { create, type DescMethod, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { DirectoryService, Start } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { envelop } from "../../protocol/envelope.ts";
import { ALL } from "../support/feed.ts";

/** A kind of feed, and a request that begins one. */
export interface FeedKind {
  readonly method: DescMethod;
  readonly request: Uint8Array;
}

function kindOf<M extends DescMethod>(method: M, request: MessageInitShape<M["input"]>): FeedKind {
  return { method, request: envelop(0, toBinary(method.input, create(method.input, request))) };
}

/** Each kind of feed that the server has. */
export const FEED_KINDS: readonly FeedKind[] = [
  kindOf(DirectoryService.method.subscribe, { selector: ALL, start: Start.SNAPSHOT_THEN_FOLLOW }),
  kindOf(DirectoryService.method.watch, {
    action: { case: "add", value: { subscriptionId: "a", subscription: { selector: ALL, start: Start.NOW } } },
  }),
  kindOf(UserService.method.watchUserEvents, { userId: "*" }),
];

/** The content types of enveloped protobuf: gRPC, gRPC-Web, Connect. */
export const STREAM_TYPES = ["application/grpc", "application/grpc-web+proto", "application/connect+proto"] as const;

/** A feed that was asked for, without a client library between. */
export interface RawFeed {
  /** Resolves with the first bytes of the reply's body; rejects where none come. */
  readonly first: Promise<unknown>;
  /** Leaves as a client does that has had enough; resolves once that is done. */
  leave(): Promise<unknown>;
}

/** Asks for a feed on an HTTP/2 connection; the request is half-closed where `end` says so. */
export function openHttp2Feed(session: ClientHttp2Session, kind: FeedKind, contentType: string, end: boolean): RawFeed {
  const path = pathOf(kind);
  const stream = session.request({ ":method": "POST", ":path": path, "content-type": contentType, te: "trailers" });
  const closed = new Promise(resolve => stream.once("close", resolve));
  const first = firstOf(stream);
  if (end) stream.end(kind.request);
  else stream.write(kind.request);
  return {
    first,
    leave() {
      stream.close(constants.NGHTTP2_CANCEL);
      return closed;
    },
  };
}

/** Asks for a feed on an HTTP/1.1 connection of its own. Not for bidirectional ones. */
export function openHttp1Feed(port: number, kind: FeedKind, contentType: string): RawFeed {
  const request: ClientRequest = httpRequest({
    port,
    host: "127.0.0.1",
    path: pathOf(kind),
    method: "POST",
    headers: { "content-type": contentType },
    agent: false,
  });
  const closed = new Promise(resolve => request.once("close", resolve));
  const first = once(request, "response").then(([response]) => firstOf(response));
  request.on("error", () => {});
  request.end(kind.request);
  return {
    first,
    leave() {
      request.destroy();
      return closed;
    },
  };
}

/** Connects by HTTP/2, for as long as `use` takes. */
export async function withSession(baseUrl: string, use: (session: ClientHttp2Session) => Promise<void>): Promise<void> {
  const session = connect(baseUrl);
  const closed = once(session, "close");
  try {
    await use(session);
  } finally {
    session.destroy();
    await closed;
  }
}

/** Resolves with the first bytes; rejects where the stream is closed before. */
function firstOf(stream: Readable): Promise<unknown> {
  return new Promise((resolve, reject) => {
    stream.once("data", resolve);
    stream.once("close", () =>
      reject(new Error("the stream was closed before its first bytes", { cause: stream.errored })),
    );
    stream.on("error", () => {});
  });
}

function pathOf({ method }: FeedKind): string {
  return `/${method.parent.typeName}/${method.name}`;
}
