import { kindNames } from "../schema/method-tree.tsx";
import type { Method } from "../schema/schema.ts";
import { requestText } from "../state.ts";

/** What is sent: the method with what its contract says, and its message. */
export function RequestPanel({ method }: { method: Method }) {
  return (
    <section class="panel request" id="request" tabIndex={-1} aria-labelledby="request-title">
      <MethodHead method={method} />
      <textarea
        class="json"
        aria-label="Message in JSON"
        spellcheck={false}
        value={requestText.value}
        onInput={event => (requestText.value = event.currentTarget.value)}
      />
    </section>
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
