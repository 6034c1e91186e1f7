import { queued, requestText } from "../state.ts";

/** As much of a message as tells it from the others. */
const previewLength = 120;

/** The messages of a stream that are sent before the one that is edited. */
export function MessageQueue() {
  const { value: list } = queued;
  function remove(i: number) {
    queued.value = list.toSpliced(i, 1);
  }
  return (
    <div class="queue">
      <div class="message-head">
        <h3>Messages before this one</h3>
        <button type="button" class="link" onClick={() => (queued.value = [...list, requestText.value])}>
          Add the one below
        </button>
      </div>
      {list.length === 0 && <p class="hint">None: the stream has one message.</p>}
      <ol>
        {list.map((text, i) => (
          <li key={i}>
            <code>{text.replace(/\s+/g, " ").slice(0, previewLength)}</code>
            <button
              type="button"
              class="link"
              onClick={() => {
                requestText.value = text;
                remove(i);
              }}
            >
              edit<span class="visually-hidden"> message {i + 1}</span>
            </button>
            <button type="button" class="remove" aria-label={`Remove message ${i + 1}`} onClick={() => remove(i)}>
              ×
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
}
