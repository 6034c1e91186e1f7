import { CallPanel } from "./call/call-panel.tsx";
import { RequestPanel } from "./form/request-panel.tsx";
import { lazyView } from "./lazy-view.tsx";
import { Masthead } from "./masthead.tsx";
import { MethodTree } from "./schema/method-tree.tsx";
import { Palette } from "./schema/palette.tsx";
import { method, route, schema, schemaProblem } from "./state.ts";

const DirectoryRoom = lazyView(async () => (await import("./directory/directory-room.tsx")).DirectoryRoom);
const WatchView = lazyView(async () => (await import("./watch/watch-view.tsx")).WatchView);

/** The whole console: what there is at the left, what is sent in the middle, what came of it at the right. */
export function App() {
  return (
    <>
      <a class="skip" href="#request">
        To the request
      </a>
      <Masthead />
      <Palette />
      <Room />
    </>
  );
}

function Room() {
  if (route.value.room === "watch") return <WatchView />;
  if (schemaProblem.value !== "" && !schema.value)
    return (
      <main id="request" class="schema-problem">
        <p role="alert">{schemaProblem.value}</p>
      </main>
    );
  return route.value.room === "directory" ? <DirectoryRoom /> : <Explore />;
}

function Explore() {
  return (
    <div class="explore">
      <MethodTree />
      <main class="workbench">
        {method.value ? <RequestPanel method={method.value} /> : <NoMethod />}
        <CallPanel />
      </main>
    </div>
  );
}

function NoMethod() {
  const { value } = route;
  if (!schema.value) return <section class="panel" aria-busy="true" />;
  return (
    <section class="panel" id="request">
      <h2>No such method</h2>
      <p class="hint">This server has no {value.room === "explore" && <code>{value.method}</code>}.</p>
    </section>
  );
}
