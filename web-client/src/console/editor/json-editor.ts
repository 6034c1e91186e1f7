import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json, jsonParseLinter } from "@codemirror/lang-json";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { linter } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** An editor of JSON in the page. */
export interface JsonEditor {
  /** Takes another text, unless it has it already. */
  setText(text: string): void;
  destroy(): void;
}

/** What {@link createJsonEditor} needs to know. */
export interface JsonEditorOptions {
  readonly text: string;
  /** What it edits, for those who do not see it. */
  readonly label: string;
  readonly onChange: (text: string) => void;
  /** Control or Command and Enter. */
  readonly onSubmit: () => void;
}

/** Colors by the page's own variables, which reach into the shadow. */
const colors = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--brass)" },
  { tag: tags.string, color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--bad)" },
]);

const theme = EditorView.theme({
  "&": {
    backgroundColor: "var(--card)",
    border: "1px solid var(--edge)",
    borderRadius: "var(--radius)",
    color: "var(--ink)",
    fontSize: "0.8125rem",
    minHeight: "14rem",
    maxHeight: "32rem",
  },
  "&.cm-focused": { outline: "2px solid var(--brass)", outlineOffset: "2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6" },
  ".cm-content": { caretColor: "var(--ink)", padding: "0.5rem 0.25rem" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "color-mix(in srgb, var(--brass) 25%, transparent)",
  },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "color-mix(in srgb, var(--brass) 25%, transparent)" },
  ".cm-tooltip": { backgroundColor: "var(--card)", borderColor: "var(--edge)", color: "var(--ink)" },
});

/**
 * Puts an editor of JSON into an element, in a shadow: there its styles are constructed sheets, which the page's policy
 * (`style-src 'self'`) has no part in, while elements of style in the page would be refused.
 */
export function createJsonEditor(parent: HTMLElement, options: JsonEditorOptions): JsonEditor {
  const { text, label, onChange, onSubmit } = options;
  const root = parent.shadowRoot ?? parent.attachShadow({ mode: "open" });
  function submit() {
    onSubmit();
    return true;
  }
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: text,
      extensions: [
        // Tab goes on to the next control, as everywhere in the page.
        keymap.of([{ key: "Mod-Enter", run: submit }, ...defaultKeymap, ...historyKeymap]),
        history(),
        json(),
        linter(jsonParseLinter()),
        indentOnInput(),
        bracketMatching(),
        syntaxHighlighting(colors),
        theme,
        EditorState.tabSize.of(2),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }),
        EditorView.updateListener.of(update => {
          if (update.docChanged) onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    setText(next) {
      const { doc } = view.state;
      if (doc.toString() !== next) view.dispatch({ changes: { from: 0, to: doc.length, insert: next } });
    },
    destroy: () => view.destroy(),
  };
}
