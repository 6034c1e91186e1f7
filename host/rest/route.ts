import type { Codec } from "../../protocol/codec.ts";
import type { Fields } from "../../protocol/metadata.ts";
import { restFormats } from "../../protocol/wire-format.ts";
import type { Rpc } from "../lanes/rpc.ts";
import { createBinder } from "./binder.ts";
import { etagField } from "./etags.ts";
import { createHeaderFields } from "./header-fields.ts";
import type { RestBinding } from "./http-rule.ts";
import { createHttpBody, createSerialize, createWeigh } from "./rest-codec.ts";
import { createEventsCodec, createLinesCodec } from "./stream-codecs.ts";

/** A binding with all that can be prepared before it is asked for. */
export type RestRoute = ReturnType<typeof createRoute>;

/** A request that has found its route. */
export interface RestRequest {
  readonly route: RestRoute;
  /** The path's segments, as they were sent. */
  readonly segments: readonly string[];
  /** Without the question mark. */
  readonly query: string;
}

/** Prepares a binding. */
export function createRoute(binding: RestBinding, rpc: Rpc) {
  const { method, responseBody, events, body } = binding;
  const serialize = createSerialize(binding, rpc.json);
  const shown = responseBody === undefined ? method.output : responseBody.message;
  return {
    binding,
    rpc,
    bind: createBinder(binding),
    headerFields: createHeaderFields(binding),
    serialize,
    weigh: createWeigh(binding, rpc.json),
    httpBody: createHttpBody(binding),
    /** Of what is shown, the field that is its etag. */
    etag: method.methodKind === "unary" && responseBody?.fieldKind !== "list" ? etagField(shown) : undefined,
    hasBody: body !== undefined,
    codecs: {
      lines: createLinesCodec(serialize),
      events: createEventsCodec(serialize, events?.id),
    } satisfies Record<string, Codec>,
  };
}

/** What every answer carries: types are as they are told, and a page of elsewhere may only be shown what it may read. */
export function commonFields(fields: Fields): Fields {
  fields["x-content-type-options"] = "nosniff";
  return fields;
}

/** How the streams of a route may be answered, the first where the client does not care. */
export const streamTypes = ["application/jsonl", "application/x-ndjson", "text/event-stream"] as const;

/** The format of a stream that is answered as this type. */
export function streamFormat(type: (typeof streamTypes)[number]) {
  return type === "text/event-stream" ? restFormats.events : restFormats.lines;
}
