import type { HandlerContext } from "@connectrpc/connect";
import type { OpenRequest } from "../../gen/concierge/console/v1/console_pb.ts";
import type { Fields } from "../../protocol/metadata.ts";
import { timeoutHeader } from "../../protocol/timeout.ts";
import { parseContentType } from "../../protocol/wire-format.ts";
import { type CallInfo, callInfoKey } from "../interceptors/call-info.ts";
import type { CallSource, ClientConnection, RawRequest } from "../interceptors/call-source.ts";
import type { RelayHead } from "./relay-exchange.ts";

/** Say how the request that carries Open is sent, and nothing of the call in it. */
const ofTransport =
  /^(content-.*|transfer-encoding|connection|keep-alive|te|upgrade|expect|accept-encoding|connect-.*|grpc-(timeout|encoding|accept-encoding))$/;

/** As `ofTransport`, where Open came by Connect: what gRPC heeds was then meant for the call. */
const ofConnect = /^(content-.*|transfer-encoding|connection|keep-alive|te|upgrade|expect|accept-encoding|connect-.*)$/;

/** gRPC's timeouts have eight digits. */
const maxTimeoutDigits = 99_999_999;

/** A request that is relayed, as its lane and interceptors see it. */
export interface RelayRequest extends RelayHead {
  readonly source: CallSource;
}

/**
 * Makes the request that a call of Open asks for. Its headers are Open's own, never others: whatever stands between caller
 * and server has seen them, and a proxy has replaced those that are its own to say.
 */
export function relayRequest({ path, contentType, timeoutMs }: OpenRequest, context: HandlerContext): RelayRequest {
  const info = context.values.get(callInfoKey);
  const left = info.protocol === "connect" ? ofConnect : ofTransport;
  const headers: Fields = { "content-type": contentType };
  for (const [name, value] of context.requestHeader) if (!left.test(name)) headers[name] = value;
  const protocol = parseContentType(contentType)?.protocol ?? "grpc";
  // Tells proxies that trailers are understood, and gRPC's servers expect it.
  if (protocol === "grpc") headers.te = "trailers";
  if (timeoutMs > 0) {
    const name = timeoutHeader(protocol);
    headers[name] = name === "grpc-timeout" ? grpcTimeout(timeoutMs) : String(timeoutMs);
  }
  const url = new URL(path, context.url).href;
  return { path, url, headers, source: new RelaySource(path, headers, info, url.startsWith("https:")) };
}

function grpcTimeout(ms: number): string {
  return ms <= maxTimeoutDigits ? `${ms}m` : `${Math.ceil(ms / 1000)}S`;
}

/** Stands for the request of a relayed call: of the same caller, over the same connection, with the same id as Open. */
class RelaySource implements CallSource {
  readonly id: string;
  readonly raw: RawRequest;
  readonly client: ClientConnection;

  constructor(path: string, headers: Fields, info: CallInfo, encrypted: boolean) {
    this.id = info.requestId;
    this.client = { remoteAddress: undefined, remotePort: undefined, encrypted, peer: info.peer };
    const { authorization: _, ...others } = headers;
    const rawHeaders = Object.entries(others).flatMap(([name, value]) => [name, String(value)]);
    // Each of them as it was sent: several are refused.
    for (const value of info.authorization) rawHeaders.push("authorization", value);
    this.raw = {
      method: "POST",
      url: path,
      httpVersion: info.httpVersion,
      headers: headers as RawRequest["headers"],
      rawHeaders,
      socket: undefined,
    };
  }
}
