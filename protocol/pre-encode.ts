import { create, type DescMessage, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";

/** The bytes of one message, by codec and by encoding, each made when first asked for. */
export type EncodedForms = Map<string, Uint8Array | Promise<Uint8Array>>;

const encoded = new WeakMap<object, EncodedForms>();

/**
 * Marks a message that goes to many streams: the wire lane encodes it once, for all of them, and compresses it once.
 * Yield what this returns, and change it no more. Any other lane encodes it each time.
 */
export function preEncode<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): MessageShape<Desc> {
  const message = create(schema, init);
  if (!encoded.has(message)) encoded.set(message, new Map());
  return message;
}

/** The forms of a marked message; undefined for any other. */
export function encodedForms(message: object): EncodedForms | undefined {
  return encoded.get(message);
}
