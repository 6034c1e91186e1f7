import { clone, type DescMethod, type Message, ScalarType } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import type { Interceptor } from "@connectrpc/connect";

/**
 * Gives each write whose request has a `request_id` (AIP-155) a new UUID for it, where the caller has set none: the server
 * answers a repeat as it answered the first attempt. Of a stream the first message gets it. The caller's message is left
 * as it is.
 */
export function addRequestIds(): Interceptor {
  return next => request => {
    if (!takesRequestId(request.method)) return next(request);
    if (request.stream) return next({ ...request, message: withFirstId(request.method, request.message) });
    return next({ ...request, message: withId(request.method, request.message) });
  };
}

/** Whether repeating a call of the method changes nothing: it says so itself, or {@link addRequestIds} sees to it. */
export function isSafeToRepeat(method: DescMethod): boolean {
  return method.idempotency !== Idempotency.IDEMPOTENCY_UNKNOWN || takesRequestId(method);
}

function takesRequestId({ idempotency, input }: DescMethod): boolean {
  if (idempotency !== Idempotency.IDEMPOTENCY_UNKNOWN) return false;
  return input.field.requestId?.scalar === ScalarType.STRING;
}

function withId<T extends Message>({ input }: DescMethod, message: T): T {
  if ((message as { requestId?: string }).requestId) return message;
  const copy = clone(input, message) as T;
  return Object.assign(copy, { requestId: randomUuid() });
}

async function* withFirstId<T extends Message>(method: DescMethod, messages: AsyncIterable<T>): AsyncGenerator<T> {
  let first = true;
  for await (const message of messages) {
    yield first ? withId(method, message) : message;
    first = false;
  }
}

/** A UUID of version 4, RFC 9562. Pages without TLS have no `crypto.randomUUID`. */
function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const digits = Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
