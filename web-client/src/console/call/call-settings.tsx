import type { Method } from "../schema/schema.ts";
import { deadlineText, headersText, protocol } from "../state.ts";
import { type Protocol, protocolNames } from "./call-record.ts";
import { deadline, headers } from "./call-state.ts";
import { isRelayed } from "./plan.ts";

/** How a call is made: protocol, deadline, headers. */
export function CallSettings({ method }: { method: Method }) {
  const relayed = isRelayed({ method, protocol: protocol.value });
  return (
    <div class="settings">
      <fieldset class="segments">
        <legend class="visually-hidden">Protocol</legend>
        {(Object.entries(protocolNames) as [Protocol, string][]).map(([value, name]) => (
          <label key={value}>
            <input
              type="radio"
              name="protocol"
              value={value}
              checked={protocol.value === value}
              disabled={value === "rest" && method.bindings.length === 0}
              onChange={() => (protocol.value = value)}
            />
            {name}
          </label>
        ))}
      </fieldset>
      {relayed && (
        <p class="hint">Relayed through the server: a browser speaks no gRPC, and does not send while it receives.</p>
      )}
      <details class="more">
        <summary>Deadline and headers</summary>
        <div class="field">
          <label class="field-name" for="deadline">
            Deadline (ms)
          </label>
          <input
            type="text"
            id="deadline"
            inputMode="numeric"
            placeholder="none"
            value={deadlineText.value}
            aria-invalid={!deadline.value.ok}
            aria-describedby="deadline-problem"
            onInput={event => (deadlineText.value = event.currentTarget.value)}
          />
          <p class="problem" id="deadline-problem" aria-live="polite">
            {deadline.value.ok ? "" : deadline.value.problem}
          </p>
        </div>
        <div class="field">
          <label class="field-name" for="headers">
            Headers
          </label>
          <textarea
            class="line mono"
            id="headers"
            rows={2}
            spellcheck={false}
            placeholder="name: value"
            value={headersText.value}
            aria-invalid={!headers.value.ok}
            aria-describedby="headers-problem"
            onInput={event => (headersText.value = event.currentTarget.value)}
          />
          <p class="problem" id="headers-problem" aria-live="polite">
            {headers.value.ok ? "" : headers.value.problem}
          </p>
        </div>
      </details>
    </div>
  );
}
