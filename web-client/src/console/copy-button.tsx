import { useState } from "preact/hooks";

/** Milliseconds for which a button says that it has copied. */
const shownMs = 1500;

/** A button that puts a text on the clipboard, and says so. `what` is what the text is, for those who do not see where it stands. */
export function CopyButton({ text, what }: { text: () => string; what: string }) {
  const [label, setLabel] = useState("Copy");
  async function copy() {
    try {
      await navigator.clipboard.writeText(text());
      setLabel("Copied");
    } catch {
      setLabel("Not allowed");
    }
    setTimeout(() => setLabel("Copy"), shownMs);
  }
  return (
    <button type="button" class="link" onClick={copy}>
      <span aria-live="polite">{label}</span>
      <span class="visually-hidden"> {what}</span>
    </button>
  );
}
