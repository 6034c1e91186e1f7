import { useEffect, useRef, useState } from "preact/hooks";
import { fragmentOf } from "../route.ts";
import { paletteOpen, schema } from "../state.ts";
import { kindNames } from "./method-tree.tsx";
import type { Method } from "./schema.ts";
import { searchMethods } from "./search.ts";

/** As many as one looks through. */
const shownAtMost = 50;

/** The search over all methods: Control or Command and K opens it, arrows choose, Enter goes there. */
export function Palette() {
  useEffect(() => {
    function toggle(event: KeyboardEvent) {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.altKey) return;
      event.preventDefault();
      paletteOpen.value = !paletteOpen.value;
    }
    addEventListener("keydown", toggle);
    return () => removeEventListener("keydown", toggle);
  }, []);
  return paletteOpen.value ? <PaletteDialog /> : null;
}

function PaletteDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  useEffect(() => dialog.current?.showModal(), []);
  const found = searchMethods(schema.value?.methods.values() ?? [], query).slice(0, shownAtMost);
  const chosen = found[at];

  function onKeyDown(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) {
      event.preventDefault();
      setAt((at + step + found.length) % found.length);
    } else if (event.key === "Enter" && chosen) {
      event.preventDefault();
      goTo(chosen);
    }
  }

  return (
    <dialog ref={dialog} class="palette" aria-label="Find a method" onClose={() => (paletteOpen.value = false)}>
      <input
        type="text"
        role="combobox"
        aria-label="Find a method"
        aria-expanded="true"
        aria-controls="palette-found"
        aria-activedescendant={chosen ? `palette-${at}` : undefined}
        placeholder="Name, REST path or what it does"
        spellcheck={false}
        value={query}
        onKeyDown={onKeyDown}
        onInput={event => {
          setQuery(event.currentTarget.value);
          setAt(0);
        }}
      />
      <div id="palette-found" role="listbox" aria-label="Methods" tabIndex={-1}>
        {found.map((method, i) => (
          <PaletteRow key={method.path} method={method} index={i} chosen={i === at} />
        ))}
      </div>
      {found.length === 0 && <p class="hint">No method has that in its name, path or comment.</p>}
    </dialog>
  );
}

function PaletteRow({ method, index, chosen }: { method: Method; index: number; chosen: boolean }) {
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (chosen) row.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox above has the keys
    <div
      ref={row}
      id={`palette-${index}`}
      role="option"
      tabIndex={-1}
      aria-selected={chosen}
      onClick={() => goTo(method)}
    >
      <span class="kind-sign" aria-hidden="true">
        {kindNames[method.kind].sign}
      </span>
      <span class="palette-name">{method.name}</span>
      <span class="palette-service">{method.service}</span>
      <span class="palette-comment">{method.comment}</span>
    </div>
  );
}

function goTo(method: Method): void {
  paletteOpen.value = false;
  location.hash = fragmentOf({ room: "explore", method: method.path });
  // The form of the method is drawn once the address has changed; its first field takes what is typed next.
  addEventListener("hashchange", () => requestAnimationFrame(focusRequest), { once: true });
  focusRequest();
}

function focusRequest(): void {
  const first = ".fields :is(textarea, input, select), .json, .actions button";
  document.querySelector("#request")?.querySelector<HTMLElement>(first)?.focus();
}
