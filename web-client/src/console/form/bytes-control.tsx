import { base64Encode } from "@bufbuild/protobuf/wire";
import { useState } from "preact/hooks";
import { type BytesMode, bytesOf, bytesText, modeFor, readBytesText } from "./bytes-text.ts";
import { described } from "./parts.tsx";

interface BytesControlProps {
  /** In base64, as Protobuf JSON has them. */
  value: string;
  path: string;
  onChange: (value: string | undefined) => void;
}

const modes: readonly BytesMode[] = ["text", "hex", "base64"];

/** Bytes, typed as text, hex or base64, or read from a file. */
export function BytesControl({ value, path, onChange }: BytesControlProps) {
  const [chosen, setMode] = useState<BytesMode>();
  const [typed, setTyped] = useState("");
  const mode = chosen ?? modeFor(value);
  const text = readBytesText(mode, typed) === value ? typed : bytesText(mode, value);
  function change(next: string) {
    // What is typed next is meant in the mode that shows it.
    setMode(mode);
    setTyped(next);
    onChange(readBytesText(mode, next) || undefined);
  }
  return (
    <div class="bytes">
      <textarea
        {...described(path)}
        class="line mono"
        rows={1}
        spellcheck={false}
        value={text}
        onInput={event => change(event.currentTarget.value)}
      />
      <div class="bytes-modes">
        {modes.map(each => (
          <button key={each} type="button" class="link" aria-pressed={each === mode} onClick={() => setMode(each)}>
            {each}
          </button>
        ))}
        <label class="link">
          file
          <input
            type="file"
            class="visually-hidden"
            onChange={async ({ currentTarget: { files } }) => {
              const bytes = await files?.[0]?.arrayBuffer();
              if (bytes) onChange(base64Encode(new Uint8Array(bytes)));
            }}
          />
        </label>
        <span class="hint">{bytesOf(value)?.length ?? 0} bytes</span>
      </div>
    </div>
  );
}
