import { signal } from "@preact/signals";
import { CallSettings } from "../call/call-settings.tsx";
import { running, unsentProblem } from "../call/call-state.ts";
import { finish, send } from "../call/run-call.ts";
import { JsonView } from "../editor/json-view.tsx";
import { lazyView } from "../lazy-view.tsx";
import { kindNames } from "../schema/method-tree.tsx";
import type { Method } from "../schema/schema.ts";
import { requestText } from "../state.ts";
import { draft, exampleText, reading, setDraft } from "./form-state.ts";
import { MessageForm } from "./message-form.tsx";
import { MessageQueue } from "./message-queue.tsx";
import { FormParts } from "./parts.tsx";
import { ValueControl } from "./value-control.tsx";

/** How the message is shown. */
const view = signal<"form" | "json">("form");

/** What is sent: the method with what its contract says, how it is called, and its message. */
export function RequestPanel({ method }: { method: Method }) {
  const streams = method.kind === "client_streaming" || method.kind === "bidi_streaming";
  return (
    <section class="panel request" id="request" tabIndex={-1} aria-labelledby="request-title">
      <MethodHead method={method} />
      <form
        noValidate
        autocomplete="off"
        onSubmit={event => {
          event.preventDefault();
          void send();
        }}
        onKeyDown={event => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.requestSubmit();
        }}
      >
        <CallSettings method={method} />
        {streams && <MessageQueue />}
        <MessageEditor key={method.path} method={method} />
        <Actions />
        <p class="problem" role="alert">
          {unsentProblem.value}
        </p>
      </form>
      <Exchange />
    </section>
  );
}

const ExchangePanel = lazyView(async () => (await import("../commands/exchange-panel.tsx")).ExchangePanel);
const exchanging = signal(false);

/** What is seldom needed is made when it is opened. */
function Exchange() {
  return (
    <details class="exchange" open={exchanging.value} onToggle={event => (exchanging.value = event.currentTarget.open)}>
      <summary>Copy as a command, share, paste</summary>
      {exchanging.value && <ExchangePanel />}
    </details>
  );
}

function Actions() {
  const { value: call } = running;
  return (
    <div class="actions">
      <button type="submit" class="primary" disabled={call !== undefined && !call.request}>
        {call?.request ? "Send message" : "Send"}
      </button>
      {call?.request && (
        <button type="button" onClick={() => void finish()}>
          Finish sending
        </button>
      )}
      <button type="button" class="quiet" disabled={!call} onClick={() => call?.cancel()}>
        Cancel
      </button>
      <span class="hint">
        <kbd>Enter</kbd> sends, <kbd>Esc</kbd> cancels
      </span>
    </div>
  );
}

function MessageEditor({ method }: { method: Method }) {
  const shown = view.value;
  return (
    <div class="message">
      <div class="message-head">
        <h3 id="message-title">{method.desc.input.name}</h3>
        <div class="tabs small" role="tablist" aria-label="The message as">
          {(["form", "json"] as const).map(each => (
            <button
              key={each}
              type="button"
              role="tab"
              id={`message-tab-${each}`}
              aria-selected={each === shown}
              aria-controls="message-view"
              onClick={() => (view.value = each)}
            >
              {each === "form" ? "Form" : "JSON"}
            </button>
          ))}
        </div>
        <button type="button" class="link" onClick={() => (requestText.value = exampleText(method))}>
          Fill example
        </button>
        <button type="button" class="link" onClick={() => (requestText.value = "{}")}>
          Clear
        </button>
      </div>
      <div id="message-view" role="tabpanel" aria-labelledby={`message-tab-${shown}`}>
        {shown === "form" ? <FormView method={method} /> : <JsonView />}
      </div>
    </div>
  );
}

const parts = { Message: MessageForm, Value: ValueControl };

function FormView({ method }: { method: Method }) {
  if (!reading.value.ok) {
    return (
      <p class="problem">
        The JSON is not complete (line {reading.value.line}): {reading.value.problem}
      </p>
    );
  }
  return (
    <FormParts.Provider value={parts}>
      <MessageForm desc={method.desc.input} value={draft.value} path="" onChange={setDraft} />
    </FormParts.Provider>
  );
}

function MethodHead({ method }: { method: Method }) {
  return (
    <div class="method-head">
      <p class="method-service">{method.service}</p>
      <h2 id="request-title">{method.name}</h2>
      <ul class="badges" aria-label="About the method">
        <li>{kindNames[method.kind].name}</li>
        {method.role && (
          <li>
            {method.role}
            {method.self && " or self"}
          </li>
        )}
        {method.safe && <li>no side effects</li>}
        {method.bindings.map(({ verb, template }) => (
          <li key={verb + template} class="badge-path">
            <b>{verb}</b> {template}
          </li>
        ))}
      </ul>
      {method.comment && <p class="comment">{method.comment}</p>}
    </div>
  );
}
