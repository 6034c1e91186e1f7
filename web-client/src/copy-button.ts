import { find } from "./dom.ts";

/** How long a button says that it has copied. */
const COPIED_MS = 2000;

/** Makes `button` copy the text of `source`, and say so for two seconds in its first span. */
export function bindCopyButton(button: HTMLButtonElement, source: HTMLElement): void {
  const label = find(button, "span", HTMLElement);
  const idle = label.textContent;
  let reset: ReturnType<typeof setTimeout> | undefined;
  button.addEventListener("click", async () => {
    const copied = await copyText(source);
    label.textContent = copied ? "Copied" : "Selected";
    button.toggleAttribute("data-copied", copied);
    clearTimeout(reset);
    reset = setTimeout(() => {
      label.textContent = idle;
      button.removeAttribute("data-copied");
    }, COPIED_MS);
  });
}

/**
 * Copies the text of `source`. The clipboard is there for pages from localhost or over TLS only, so elsewhere the text
 * is selected and copied as a keystroke would; where that is refused too, it stays selected for the visitor to copy.
 */
async function copyText(source: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(source.textContent);
    return true;
  } catch {
    getSelection()?.selectAllChildren(source);
    return document.execCommand("copy");
  }
}
