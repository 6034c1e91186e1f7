import { setTimeout } from "node:timers/promises";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter, type HandlerContext } from "@connectrpc/connect";
import { sendHeaders } from "../../host/lanes/send-headers.ts";
import type { Header, loadSchema, StreamDefinition, SuiteError, SuiteRequest, UnaryDefinition } from "./schema.ts";

type Schema = ReturnType<typeof loadSchema>;

/** `connectrpc.conformance.v1.ConformanceService`, as its comments ask: returns what a request defines, and tells what it saw. */
export function conformanceRoutes({ service, message, registry }: Schema): (router: ConnectRouter) => void {
  const anyRequest = new Map(service.methods.map(({ input }) => [input.typeName, input]));

  function requestInfo(context: HandlerContext, requests: SuiteRequest<unknown>[]) {
    return {
      requestHeaders: toHeaders(context.requestHeader),
      timeoutMs: context.timeoutMs() === undefined ? undefined : BigInt(Math.round(context.timeoutMs() ?? 0)),
      requests: requests.map(request => {
        const desc = anyRequest.get(request.$typeName);
        if (!desc) throw new Error(`${request.$typeName} is no request`);
        return anyPack(desc, request);
      }),
      connectGetInfo:
        context.requestMethod === "GET" ? { queryParams: toHeaders(new URL(context.url).searchParams) } : undefined,
    };
  }
  function toError({ code, message: text, details }: SuiteError, info?: ReturnType<typeof requestInfo>): ConnectError {
    const error = new ConnectError(text ?? "", code);
    error.details = details.map(({ typeUrl, value }) => ({ type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1), value }));
    if (info) error.details.push({ desc: message("ConformancePayload.RequestInfo"), value: info as never });
    return error;
  }
  async function single(requests: SuiteRequest<UnaryDefinition>[], context: HandlerContext) {
    const definition = requests[0]?.responseDefinition;
    const info = requestInfo(context, requests);
    setMetadata(context, definition);
    await setTimeout(definition?.responseDelayMs ?? 0, undefined, { signal: context.signal }).catch(rethrow(context));
    const response = definition?.response;
    if (response?.case === "error") throw toError(response.value, info);
    return { payload: { requestInfo: info, data: response?.case === "responseData" ? response.value : undefined } };
  }
  async function* replies(definition: StreamDefinition | undefined, context: HandlerContext, info: () => unknown) {
    for (const data of definition?.responseData ?? []) {
      await setTimeout(definition?.responseDelayMs ?? 0, undefined, { signal: context.signal }).catch(rethrow(context));
      yield { payload: { data, requestInfo: info() } };
    }
  }
  async function* stream(requests: SuiteRequest<StreamDefinition>[], context: HandlerContext) {
    const definition = requests[0]?.responseDefinition;
    setMetadata(context, definition);
    sendHeaders(context);
    let first = true;
    const info = () => (first ? requestInfo(context, requests) : undefined);
    for await (const reply of replies(definition, context, info)) {
      first = false;
      yield reply;
    }
    if (definition?.error) throw toError(definition.error, first ? requestInfo(context, requests) : undefined);
  }
  async function* duplex(
    first: SuiteRequest<StreamDefinition>,
    rest: AsyncIterator<SuiteRequest<StreamDefinition>>,
    context: HandlerContext,
  ) {
    const definition = first.responseDefinition;
    setMetadata(context, definition);
    sendHeaders(context);
    let request: SuiteRequest<StreamDefinition> | undefined = first;
    let sent = false;
    for await (const reply of replies(definition, context, () => requestInfo(context, request ? [request] : []))) {
      yield reply;
      sent = true;
      const next = await rest.next();
      request = next.done ? undefined : next.value;
    }
    if (definition?.error) {
      throw toError(definition.error, sent ? undefined : requestInfo(context, request ? [request] : []));
    }
  }

  const implementation = {
    unary: (request: SuiteRequest<UnaryDefinition>, context: HandlerContext) => single([request], context),
    idempotentUnary: (request: SuiteRequest<UnaryDefinition>, context: HandlerContext) => single([request], context),
    async clientStream(requests: AsyncIterable<SuiteRequest<UnaryDefinition>>, context: HandlerContext) {
      return single(await Array.fromAsync(requests), context);
    },
    serverStream: (request: SuiteRequest<StreamDefinition>, context: HandlerContext) => stream([request], context),
    async *bidiStream(requests: AsyncIterable<SuiteRequest<StreamDefinition>>, context: HandlerContext) {
      const iterator = requests[Symbol.asyncIterator]();
      const first = await iterator.next();
      if (first.done) return;
      if (first.value.fullDuplex) yield* duplex(first.value, iterator, context);
      else
        yield* stream([first.value, ...(await Array.fromAsync({ [Symbol.asyncIterator]: () => iterator }))], context);
    },
  };
  return router => {
    router.service(service, implementation as never, { jsonOptions: { registry } });
  };
}

function setMetadata(context: HandlerContext, definition?: { responseHeaders: Header[]; responseTrailers: Header[] }) {
  for (const { name, value } of definition?.responseHeaders ?? []) {
    for (const item of value) context.responseHeader.append(name, item);
  }
  for (const { name, value } of definition?.responseTrailers ?? []) {
    for (const item of value) context.responseTrailer.append(name, item);
  }
}

function toHeaders(entries: Iterable<[string, string]>): Header[] {
  return Array.from(entries, ([name, value]) => ({ name, value: [value] }));
}

function rethrow({ signal }: HandlerContext) {
  return () => {
    throw ConnectError.from(signal.reason, Code.Canceled);
  };
}
