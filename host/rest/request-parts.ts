import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Codec } from "../../protocol/codec.ts";
import { mergeNonProtocolHeaders } from "../../protocol/connect-internals.ts";
import type { Fields, Metadata } from "../../protocol/metadata.ts";
import type { CallMeter } from "../lanes/call-meter.ts";
import type { Exchange } from "../lanes/exchange.ts";
import type { ReadOptions } from "../lanes/read-message.ts";
import { PlainBody, type RequestBody } from "../lanes/request-body.ts";
import type { Requests } from "../lanes/request-stream.ts";
import type { HeaderField, RequestParts } from "./binder.ts";
import { parseJson } from "./rest-codec.ts";
import { errorJson, HttpError, statusOf } from "./rest-error.ts";
import { commonFields, type RestRequest } from "./route.ts";

/** What a request says apart from its body; `more` are fields that further headers give. */
export function partsOf(
  { route, segments, query }: RestRequest,
  headers: Fields,
  more: readonly HeaderField[] = [],
): RequestParts {
  return { segments, query, headerFields: [...route.headerFields(headers), ...more] };
}

/** The one message of a request: its body, where its rule has one, and its other parts. */
export function createRequestBody(
  request: RestRequest,
  { headers }: Exchange,
  options: ReadOptions,
  more?: readonly HeaderField[],
): RequestBody {
  const { bind, hasBody, weigh, serialize } = request.route;
  const finish = (bytes?: Uint8Array) =>
    bind(partsOf(request, headers, more), bytes?.length ? parseJson(bytes, weigh) : undefined);
  if (!hasBody) return { kept: 0, missing: 0, push: () => undefined, finish: () => finish() };
  const codec: Codec = { name: "json", parse: finish, weigh, serialize };
  const declared = headers["content-length"];
  return tooLargeAs413(() => {
    const body = new PlainBody({ ...options, codec }, declared === undefined ? undefined : Number(declared));
    return {
      get kept() {
        return body.kept;
      },
      get missing() {
        return body.missing;
      },
      push: chunk => tooLargeAs413(() => body.push(chunk)),
      finish() {
        const message = tooLargeAs413(() => body.finish());
        return message instanceof Promise ? message.catch(error => Promise.reject(as413(error))) : message;
      },
    };
  });
}

/** The message of a request that is answered by a stream. */
export class OneRequest implements Requests {
  readonly #body: RequestBody;
  readonly #meter: CallMeter | undefined;
  readonly #message = Promise.withResolvers<Message>();
  taken = 0;
  waitsForClient = true;

  constructor(body: RequestBody, meter: CallMeter | undefined) {
    this.#body = body;
    this.#meter = meter;
    // Whoever iterates is told.
    this.#message.promise.catch(() => undefined);
  }

  push(chunk: Uint8Array): void {
    try {
      this.#body.push(chunk);
    } catch (error) {
      this.fail(error);
    }
  }

  complete(): void {
    this.waitsForClient = false;
    try {
      this.#message.resolve(this.#body.finish());
    } catch (error) {
      this.fail(error);
    }
  }

  fail(reason: unknown): void {
    this.#message.reject(reason);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message> {
    const message = await this.#message.promise;
    this.taken++;
    this.#meter?.received();
    yield message;
  }
}

/** HTTP has a status of its own for a body that is too large (RFC 9110 section 15.5.14). */
export function tooLargeAs413<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw as413(error);
  }
}

function as413(error: unknown): unknown {
  const isTooLarge = error instanceof ConnectError && error.code === Code.ResourceExhausted;
  return isTooLarge ? new HttpError(413, error.rawMessage, Code.ResourceExhausted) : error;
}

/** Answers with an error alone, as https://google.aip.dev/193 has it. */
export function writeError(exchange: Exchange, error: ConnectError, header: Metadata, status = statusOf(error)): void {
  if (!(error as { isWireError?: boolean }).isWireError) mergeNonProtocolHeaders(header, error.metadata);
  const bytes = Buffer.from(JSON.stringify(errorJson(error, status)));
  const fields: Fields = {
    ...commonFields({ ...header.fields }),
    "content-type": "application/json",
    "cache-control": "no-store",
  };
  if (exchange.method === "HEAD") exchange.headAlone(status, { ...fields, "content-length": String(bytes.length) });
  else exchange.reply(status, fields, bytes);
}
