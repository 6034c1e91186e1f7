import type { Line } from "../input.ts";

/**
 * Yields the JSON values of a text, each as soon as it is whole, with the line that it begins in: one in each line,
 * several in a line, or one over several lines. Whether a value is JSON is for the parser to say; one that is not ends
 * where its line or its brackets do.
 */
export async function* splitJson(chunks: AsyncIterable<string> | Iterable<string>): AsyncGenerator<Line<string>> {
  let line = 1;
  let begun = 1;
  let value = "";
  let scanner = createScanner();
  for await (const chunk of chunks) {
    let begin = 0;
    for (let index = 0; index < chunk.length; index++) {
      const character = chunk[index] ?? "";
      const step = scanner(character);
      if (step === "begins") {
        begun = line;
        begin = index;
      }
      if (character === "\n") line++;
      if (step !== "ended" && step !== "ended before") continue;
      const end = step === "ended" ? index + 1 : index;
      yield { line: begun, value: value + chunk.slice(begin, end) };
      value = "";
      scanner = createScanner();
      begin = end;
      // What ends a value may begin the next one.
      if (step === "ended before" && character !== "\n") index--;
    }
    value = (value + chunk.slice(begin)).trimStart();
  }
  if (value !== "") yield { line: begun, value };
}

/** What a character does to a value: `ended` with it, or `ended before` it. */
type Step = "between" | "begins" | "within" | "ended" | "ended before";

/** Follows one value, character by character. */
function createScanner(): (character: string) => Step {
  let kind: "none" | "text" | "nested" | "word" = "none";
  let depth = 0;
  let inText = false;
  let escaped = false;

  function begin(character: string): Step {
    if (/\s/.test(character)) return "between";
    inText = character === '"';
    depth = character === "{" || character === "[" ? 1 : 0;
    kind = inText ? "text" : depth === 1 ? "nested" : "word";
    return "begins";
  }
  return character => {
    if (kind === "none") return begin(character);
    if (inText) {
      // No text of JSON goes over the end of its line: what does has lost a quote.
      if (character === "\n") return "ended before";
      if (escaped) escaped = false;
      else if (character === "\\") escaped = true;
      else if (character === '"') inText = false;
      return kind === "text" && !inText ? "ended" : "within";
    }
    if (kind === "word") return /[\s{["]/.test(character) ? "ended before" : "within";
    if (character === '"') inText = true;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    return depth === 0 ? "ended" : "within";
  };
}
