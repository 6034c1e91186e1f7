import { clone, type DescField, type DescMethod, getOption, type Message, ScalarType } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import type { Interceptor } from "@connectrpc/connect";
import { request_id_field } from "../gen/concierge/policy/v1/policy_pb.ts";

/**
 * Gives each call of a method whose contract names a request id (the option `concierge.policy.v1.request_id_field`,
 * AIP-155) a new UUID, where the caller has set none: the server replies to a repeat as it did to the first attempt. Of a
 * stream the first message gets it. The caller's message is left as it is.
 */
export function addRequestIds(): Interceptor {
  return next => request => {
    const field = requestIdFieldOf(request.method);
    if (field === undefined) return next(request);
    if (request.stream) return next({ ...request, message: withFirstId(field, request.message) });
    return next({ ...request, message: withId(field, request.message) });
  };
}

/**
 * Whether a call of the method may be made again after it may have been done: only where its contract says so, by an
 * `idempotency_level` or by naming a request id. What a field is called says nothing.
 */
export function isSafeToRepeat(method: DescMethod): boolean {
  return method.idempotency !== Idempotency.IDEMPOTENCY_UNKNOWN || requestIdFieldOf(method) !== undefined;
}

/** What was read already: reading an option decodes it. */
const known = new WeakMap<DescMethod, DescField | undefined>();

/** The field that a method's contract names; undefined where it names none. Throws a `TypeError` for one that cannot be. */
function requestIdFieldOf(method: DescMethod): DescField | undefined {
  if (!known.has(method)) known.set(method, findField(method));
  return known.get(method);
}

function findField(method: DescMethod): DescField | undefined {
  const name = getOption(method, request_id_field);
  if (name === "") return undefined;
  const field = method.input.fields.find(field => field.name === name);
  if (field?.fieldKind === "scalar" && field.scalar === ScalarType.STRING) return field;
  throw new TypeError(
    `${method.parent.typeName}/${method.name}: request_id_field "${name}" is no string field of ${method.input.typeName}`,
  );
}

function withId<T extends Message>({ parent, localName }: DescField, message: T): T {
  if ((message as Record<string, unknown>)[localName]) return message;
  const copy = clone(parent, message) as T;
  return Object.assign(copy, { [localName]: randomUuid() });
}

async function* withFirstId<T extends Message>(field: DescField, messages: AsyncIterable<T>): AsyncGenerator<T> {
  let first = true;
  for await (const message of messages) {
    yield first ? withId(field, message) : message;
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
