import { signal } from "@preact/signals";
import { plannedCall } from "../call/make-call.ts";
import { CopyButton } from "../copy-button.tsx";
import { packCall } from "../history/packed-call.ts";
import { restoreCall, typedCall } from "../history/restore-call.ts";
import { fragmentOf } from "../route.ts";
import { method, schema, token } from "../state.ts";
import type { CommandCall } from "./command-call.ts";
import { curlCommand } from "./curl.ts";
import { bufCurlCommand, grpcurlCommand } from "./grpc-tools.ts";
import { parseCommand } from "./parse-command.ts";
import { pythonProgram } from "./python.ts";
import { typescriptProgram } from "./typescript.ts";

/** What a call can be written as. */
const forms = {
  curl: curlCommand,
  grpcurl: grpcurlCommand,
  "buf curl": bufCurlCommand,
  TypeScript: typescriptProgram,
  Python: pythonProgram,
} as const satisfies Readonly<Record<string, (call: CommandCall) => string>>;

type Form = keyof typeof forms;

const form = signal<Form>("curl");
const pasted = signal("");
const pasteProblem = signal("");
const link = signal<{ readonly text: string } | { readonly problem: string } | undefined>(undefined);

function written(): { readonly text: string } | { readonly problem: string } {
  try {
    const { token: secret, ...call } = plannedCall();
    return { text: forms[form.value]({ ...call, signedIn: secret !== "" }) };
  } catch (error) {
    return { problem: textOf(error) };
  }
}

async function share(path: string): Promise<void> {
  try {
    const packed = await packCall(typedCall(path));
    link.value = { text: location.origin + location.pathname + fragmentOf({ room: "shared", packed }) };
  } catch (error) {
    link.value = { problem: textOf(error) };
  }
}

function paste(): void {
  if (!schema.value) return;
  try {
    const parsed = parseCommand(pasted.value, schema.value);
    const deadline = parsed.deadlineMs === undefined ? "" : String(parsed.deadlineMs);
    const headers = parsed.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
    restoreCall(
      { method: parsed.method.path, protocol: parsed.protocol, messages: parsed.messages, deadline },
      headers,
    );
    if (parsed.token !== "") token.value = parsed.token;
    pasted.value = "";
    pasteProblem.value = "";
  } catch (error) {
    pasteProblem.value = textOf(error);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The call as a command, a program or a link; and a command as a call. */
export function ExchangePanel() {
  return (
    <>
      <Written />
      <Shared />
      <Pasted />
    </>
  );
}

function Written() {
  const result = written();
  return (
    <section class="exchange-part" aria-label="Commands">
      <div class="exchange-head">
        <label for="command-form">Copy as</label>
        <select
          id="command-form"
          value={form.value}
          onChange={event => (form.value = event.currentTarget.value as Form)}
        >
          {Object.keys(forms).map(name => (
            <option key={name}>{name}</option>
          ))}
        </select>
        {"text" in result && <CopyButton text={() => result.text} what={`as ${form.value}`} />}
      </div>
      {"text" in result ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard (WCAG 2.1.1)
        <pre class="json-text command" tabIndex={0}>
          {result.text}
        </pre>
      ) : (
        <p class="problem">{result.problem}</p>
      )}
    </section>
  );
}

function Shared() {
  const { value: path } = method;
  const { value: made } = link;
  return (
    <section class="exchange-part" aria-label="Share">
      <div class="exchange-head">
        <button type="button" disabled={!path} onClick={() => path && void share(path.path)}>
          Make a link
        </button>
        <span class="hint">It holds the message, no headers and no token, and sends nothing by itself.</span>
      </div>
      {made && "text" in made && (
        <div class="exchange-head">
          <input class="shared-link" aria-label="Link to this call" readOnly value={made.text} />
          <CopyButton text={() => made.text} what="the link" />
        </div>
      )}
      {made && "problem" in made && <p class="problem">{made.problem}</p>}
    </section>
  );
}

function Pasted() {
  return (
    <section class="exchange-part" aria-label="Paste a command">
      <label for="pasted-command">Paste a line of curl or grpcurl</label>
      <textarea
        id="pasted-command"
        class="json pasted"
        spellcheck={false}
        value={pasted.value}
        onInput={event => (pasted.value = event.currentTarget.value)}
      />
      <div class="exchange-head">
        <button type="button" disabled={pasted.value.trim() === ""} onClick={paste}>
          Fill the form
        </button>
        <span class="problem" role="alert">
          {pasteProblem.value}
        </span>
      </div>
    </section>
  );
}
