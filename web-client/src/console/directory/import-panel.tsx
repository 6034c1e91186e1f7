import { useRef, useState } from "preact/hooks";
import { schema, token } from "../state.ts";
import { readCsvUsers } from "./csv-users.ts";
import { changes } from "./directory-state.ts";
import { type Import, newImport, runImport } from "./import-users.ts";

/** Stores the users of a file, with its progress; what was refused can be gone on with. */
export function ImportPanel() {
  const [state, setState] = useState<Import>();
  const [problem, setProblem] = useState("");
  const abort = useRef<AbortController>(undefined);
  const method = schema.value?.methods.get("concierge.directory.v1.DirectoryService/ImportUsers");

  async function run(from: Import) {
    if (!method || !schema.value) return;
    abort.current = new AbortController();
    const plan = {
      method,
      protocol: "connect-proto",
      messages: [],
      headers: [],
      token: token.value,
      deadlineMs: undefined,
      registry: schema.value.registry,
      origin: location.origin,
    } as const;
    await runImport(from, plan, abort.current.signal, setState);
    abort.current = undefined;
    changes.value++;
  }
  async function read(file: File | undefined) {
    if (!file || abort.current) return;
    const reading = readCsvUsers(await file.text());
    setProblem(reading.ok ? "" : reading.problem);
    if (reading.ok) await run(newImport(reading.users));
    else setState(undefined);
  }
  const isOver = state !== undefined && (state.failure !== undefined || state.done === state.users.length);
  return (
    <section class="panel import" aria-labelledby="import-title">
      <h2 id="import-title">Import</h2>
      <label class="field">
        <span class="hint">A CSV file with columns name and email, and role, age and bio where there are such</span>
        <input type="file" accept=".csv,text/csv" onChange={event => void read(event.currentTarget.files?.[0])} />
      </label>
      <p class="problem" role="alert">
        {problem || (state?.failure && `${state.failure.code}: ${state.failure.message}`)}
      </p>
      {state && (
        <>
          <progress max={state.users.length} value={state.done} aria-label="Users that are stored" />
          <p role="status">
            {state.done.toLocaleString("en-US")} of {state.users.length.toLocaleString("en-US")} users are stored
          </p>
          {!isOver && (
            <button type="button" class="quiet" onClick={() => abort.current?.abort()}>
              Stop
            </button>
          )}
          {state.failure && (
            <button type="button" onClick={() => void run(state)}>
              Go on
            </button>
          )}
        </>
      )}
    </section>
  );
}
