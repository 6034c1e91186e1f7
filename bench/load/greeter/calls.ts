/** The kinds of calls that a greeter is asked for. */
export type CallKind = "unary" | "server" | "client" | "bidi";

/**
 * A greeter as a client calls it. The amount is bytes of a name for unary calls, messages of a stream for others. Each
 * resolves with how many messages came, or went where the stream is the caller's; rejects where others came than those that
 * should have.
 */
export type GreeterCalls = Readonly<Record<CallKind, (amount: number) => Promise<number>>>;

/** A unary call's deadline, and that of a stream where a client has one for them. */
export const deadlineMs = 10_000;

/** The message of streams from the caller. */
export const hello = { name: "Ada", age: 36 } as const;

/** Messages of a bidi stream that wait for their reply at a time. */
export const underWay = 16;

/** Returns 1 for a greeting, to be added up; throws for all else. */
export function count(message: string | undefined): number {
  if (!message?.startsWith("Hello")) throw new Error(`"${message}" is no greeting`);
  return 1;
}

/** Returns how many messages a stream had; throws where that is another number than it should have been. */
export function whole(messages: number, expected: number): number {
  if (messages !== expected) throw new Error(`${messages} of ${expected} messages came`);
  return messages;
}

/** Returns how many people were greeted at once; throws where a reply tells of another number. */
export function greetedAll(message: string | undefined, people: number): number {
  const expected = `Hello to ${people} people!`;
  if (message !== expected) throw new Error(`"${message}" came in place of "${expected}"`);
  return people;
}
