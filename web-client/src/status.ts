import { textElement } from "./dom.ts";

/** How something is doing, in a line with a coloured dot. */
export interface Status {
  readonly state: "idle" | "running" | "ok" | "failed";
  /** In a word: a state's name, or a status code. */
  readonly code: string;
  readonly words: string;
  /** What may help; shown below, unless it is empty. */
  readonly advice?: string;
}

/** Shows a status in an element of class `status`. */
export function showStatus(element: HTMLElement, { state, code, words, advice = "" }: Status): void {
  element.dataset.state = state;
  element.replaceChildren(textElement("strong", "status-code", code), ` ${words}`);
  if (advice !== "") element.append(" ", textElement("span", "status-advice", advice));
}
