import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";

/** Bytes a server may send ahead of what was read, as gRPC's clients allow: Node's default of 64 KB slows streams down. */
const WINDOW_BYTES = 8 * 1024 * 1024;

/** Headers of every gRPC call. */
const grpcHeaders = { ":method": "POST", "content-type": "application/grpc+proto", te: "trailers" } as const;

/** Open connections. */
export interface Sessions extends Disposable {
  readonly all: readonly ClientHttp2Session[];
  /** Opens a gRPC call on one of them; `headers` go beside the usual ones. */
  open(index: number, path: string, headers?: Readonly<Record<string, string>>): ClientHttp2Stream;
}

/** Connects so many times. */
export async function openSessions(port: number, count: number): Promise<Sessions> {
  const settings = { initialWindowSize: WINDOW_BYTES };
  const all = Array.from({ length: count }, () => connect(`http://127.0.0.1:${port}`, { settings }));
  await Promise.all(
    all.map(async session => {
      await once(session, "connect");
      session.setLocalWindowSize(WINDOW_BYTES);
    }),
  );
  return {
    all,
    open(index, path, headers) {
      const session = all[index % all.length];
      if (!session) throw new Error("there is no connection");
      return session.request({ ...grpcHeaders, ...headers, ":path": path });
    },
    [Symbol.dispose]() {
      for (const session of all) session.destroy();
    },
  };
}

/** Resolves with the bytes of the reply once it ended well. Throws where its grpc-status is another than 0. */
export function ended(stream: ClientHttp2Stream, onData: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let status: unknown;
    let message: unknown;
    function read(fields: Record<string, unknown>) {
      status = fields["grpc-status"] ?? status;
      message = fields["grpc-message"] ?? message;
    }
    stream.on("response", read);
    stream.on("trailers", read);
    stream.on("data", onData);
    stream.on("error", reject);
    stream.on("close", () => {
      if (status === "0") resolve();
      else reject(new Error(`grpc-status ${status}: ${message}`));
    });
  });
}
