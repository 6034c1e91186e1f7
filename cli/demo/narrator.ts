import { inspect, isDeepStrictEqual, styleText } from "node:util";
import { Code, ConnectError } from "@connectrpc/connect";

/** Prints a demo for people, and counts the replies that differ from the contract. */
export interface Narrator {
  /** Begins a service. */
  chapter(title: string, about: string): void;
  /** Begins a call, as code would write it. */
  call(text: string): void;
  /** Prints a reply, and compares it with what the contract states. */
  reply(actual: unknown, expected: unknown): void;
  /** Awaits a call that must fail. Prints its error, and compares code and text with what the contract states. */
  refused(call: Promise<unknown>, code: Code, text: string): Promise<void>;
  /** Number of replies that differ from the contract. */
  readonly mismatches: number;
}

/** Creates a narrator that writes lines to `write`; colours only where standard output is a terminal. */
export function createNarrator(write: (line: string) => void): Narrator {
  let mismatches = 0;

  function show(value: unknown): string {
    return typeof value === "string" ? value : inspect(value, { breakLength: 100, compact: 3, depth: 4 });
  }
  function indent(text: string): string {
    return text.replaceAll("\n", "\n      ");
  }
  function check(actual: unknown, expected: unknown) {
    if (isDeepStrictEqual(actual, expected)) {
      write(`    ${styleText("green", "✓")} ${indent(show(actual))}`);
    } else {
      mismatches++;
      write(`    ${styleText("red", "✗")} ${indent(show(actual))}`);
      write(`      ${styleText("red", "the contract states")} ${indent(show(expected))}`);
    }
  }

  return {
    get mismatches() {
      return mismatches;
    },
    chapter(title, about) {
      write(`\n${styleText("bold", title)}  ${styleText("dim", about)}`);
    },
    call(text) {
      write(`\n  ${styleText("cyan", text)}`);
    },
    reply: check,
    async refused(call, code, text) {
      const error = await call.then(
        () => new ConnectError("the call succeeded", Code.Unknown),
        reason => ConnectError.from(reason),
      );
      check(`${Code[error.code]}: ${error.rawMessage}`, `${Code[code]}: ${text}`);
    },
  };
}
