import type { DescService } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { onStreamEnd } from "../../host/interceptors/stream-end.ts";
import { toConnectError } from "./errors.ts";

/** Returns an implementation that throws what {@link toConnectError} makes of its errors, before and during a stream. */
export function translateErrors<S extends DescService>(
  service: S,
  implementation: Partial<ServiceImpl<S>>,
): Partial<ServiceImpl<S>> {
  const methods = implementation as Record<string, Method | undefined>;
  const translated: Record<string, Method> = {};
  for (const { localName, methodKind } of service.methods) {
    const method = methods[localName];
    if (method === undefined) continue;
    const streams = methodKind === "server_streaming" || methodKind === "bidi_streaming";
    translated[localName] = streams ? translateStream(method) : translateAnswer(method);
  }
  return translated as Partial<ServiceImpl<S>>;
}

type Method = (...args: unknown[]) => unknown;

function translateAnswer(method: Method): Method {
  return async (...args) => {
    try {
      return await method(...args);
    } catch (error) {
      throw toConnectError(error);
    }
  };
}

/** Whoever reads the stream is told what to make of its error: to stand between would cost a promise a message. */
function translateStream(method: Method): Method {
  return (...args) => {
    const messages = translating(() => method(...args)) as AsyncIterable<unknown>;
    const begun = { [Symbol.asyncIterator]: () => translating(() => messages[Symbol.asyncIterator]()) };
    return onStreamEnd(begun, { failed: toConnectError });
  };
}

function translating<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw toConnectError(error);
  }
}
