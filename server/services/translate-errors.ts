import type { DescService } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { toConnectError } from "./errors.ts";

/** Answers an implementation that throws what {@link toConnectError} makes of its errors, before and during a stream. */
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

function translateStream(method: Method): Method {
  return async function* (...args) {
    try {
      yield* method(...args) as AsyncIterable<unknown>;
    } catch (error) {
      throw toConnectError(error);
    }
  };
}
