import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ScrollArea } from "../scroll-area.tsx";
import { safeText, timeText } from "../shown-text.ts";
import {
  cancelCall,
  type Listed,
  listCalls,
  listConnections,
  NoAdminError,
  type OpenConnection,
  type RunningCall,
} from "./admin.ts";

/** Milliseconds between two looks. */
const intervalMs = 2000;

const calls = signal<Listed<RunningCall> | undefined>(undefined);
const connections = signal<Listed<OpenConnection> | undefined>(undefined);
const problem = signal("");
/** The server does not tell: nobody asks again. */
const isMissing = signal(false);

const isOpen = signal(false);

/** The calls and connections of the server, asked for where somebody wants to see them. */
export function AdminPanel() {
  return (
    <details
      class="panel admin"
      open={isOpen.value}
      onToggle={event => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>Calls in flight and connections, one by one</summary>
      {isOpen.value && <AdminView />}
    </details>
  );
}

/** Looks at calls and connections from now on, until the function that it returns is called. */
function watchLists(): () => void {
  const stop = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  async function look(): Promise<void> {
    if (!document.hidden) await readLists(stop.signal);
    if (!stop.signal.aborted && !isMissing.value) timer = setTimeout(() => void look(), intervalMs);
  }
  void look();
  return () => {
    stop.abort();
    clearTimeout(timer);
  };
}

async function readLists(stopped: AbortSignal): Promise<void> {
  try {
    [calls.value, connections.value] = await Promise.all([listCalls(stopped), listConnections(stopped)]);
    problem.value = "";
  } catch (error) {
    if (error instanceof NoAdminError) isMissing.value = true;
    else if (!stopped.aborted) problem.value = error instanceof Error ? error.message : String(error);
  }
}

async function cancel(id: string): Promise<void> {
  try {
    await cancelCall(id);
    await readLists(new AbortController().signal);
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error);
  }
}

/** The calls that run, each with a button that cancels it, and the connections they came by. */
function AdminView() {
  useEffect(watchLists, []);
  if (isMissing.value) return <p class="hint">This server does not tell of its calls and connections.</p>;
  return (
    <>
      <p class="problem" role="alert">
        {problem.value && `Calls and connections: ${safeText(problem.value)}`}
      </p>
      {calls.value && <Calls calls={calls.value} />}
      {connections.value && <Connections connections={connections.value} />}
    </>
  );
}

function Calls({ calls: { items, total } }: { calls: Listed<RunningCall> }) {
  return (
    <section aria-labelledby="running-title">
      <h3 id="running-title">Calls in flight: {total.toLocaleString("en-US")}</h3>
      <ScrollArea label="The calls that run">
        <table class="methods">
          <thead>
            <tr>
              <th scope="col">Method</th>
              <th scope="col">Protocol</th>
              <th scope="col">Age</th>
              <th scope="col">Messages in, out</th>
              <th scope="col">Waits for</th>
              <th scope="col">Caller</th>
              <th scope="col">Peer</th>
              <th scope="col">
                <span class="visually-hidden">Cancel</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map(call => (
              <tr key={call.id}>
                <th scope="row">{safeText(call.method)}</th>
                <td>{safeText(call.protocol)}</td>
                <td>{timeText(call.ageSeconds * 1000)}</td>
                <td>
                  {call.received}, {call.sent}
                </td>
                <td>{call.waitsFor || "–"}</td>
                <td>{safeText(call.caller)}</td>
                <td title={safeText(call.requestId)}>{safeText(call.peer)}</td>
                <td>
                  <button
                    type="button"
                    class="link"
                    aria-label={`Cancel ${safeText(call.method)} of ${safeText(call.peer)}`}
                    onClick={() => void cancel(call.id)}
                  >
                    Cancel
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
    </section>
  );
}

function Connections({ connections: { items, total } }: { connections: Listed<OpenConnection> }) {
  return (
    <section aria-labelledby="connections-title">
      <h3 id="connections-title">Connections: {total.toLocaleString("en-US")}</h3>
      <ScrollArea label="The connections that are open">
        <table class="methods">
          <thead>
            <tr>
              <th scope="col">Peer</th>
              <th scope="col">HTTP</th>
              <th scope="col">TLS</th>
              <th scope="col">Streams</th>
              <th scope="col">Age</th>
              <th scope="col">Idle</th>
            </tr>
          </thead>
          <tbody>
            {items.map(({ peer, version, isTls, openStreams, ageSeconds, idleSeconds }) => (
              <tr key={peer + ageSeconds}>
                <th scope="row">{safeText(peer) || "a socket of this machine"}</th>
                <td>{version || "–"}</td>
                <td>{isTls ? "yes" : "no"}</td>
                <td>{version === "HTTP/2" ? openStreams : "–"}</td>
                <td>{timeText(ageSeconds * 1000)}</td>
                <td>{idleSeconds === undefined ? "–" : timeText(idleSeconds * 1000)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
    </section>
  );
}
