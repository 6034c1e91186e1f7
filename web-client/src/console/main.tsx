import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./app.tsx";
import { running } from "./call/call-state.ts";
import { loadCalls } from "./call/run-call.ts";
import { followMethod, forgetRefusals } from "./form/form-state.ts";
import { fragmentOf, readRoute } from "./route.ts";
import { loadSchema, SchemaError } from "./schema/load-schema.ts";
import { method, paletteOpen, route, schema, schemaProblem, token } from "./state.ts";

const root = document.querySelector("#console");
if (!root) throw new Error("the page has no #console");
render(<App />, root);

addEventListener("hashchange", () => {
  route.value = readRoute(location.hash);
});
route.value = readRoute(location.hash);

effect(() => {
  const shown = method.value;
  document.title = shown ? `${shown.name} · Concierge console` : "Concierge console";
});

forgetRefusals();
followMethod();

addEventListener("keydown", event => {
  // In the search, Escape closes that.
  if (event.key === "Escape" && !paletteOpen.value) running.value?.cancel();
});

/** A call that somebody shared goes into the form, and is not sent. */
effect(() => {
  const { value } = route;
  if (value.room === "shared" && schema.value) {
    void import("./history/open-shared.ts").then(({ openShared }) => openShared(value.packed));
  }
});

/** A token that is typed later may open what was closed. */
effect(() => {
  const current = token.value;
  if (schema.peek()) return;
  loadSchema(current).then(
    loaded => {
      schemaProblem.value = "";
      schema.value = loaded;
      whenDrawn(() => {
        void loadCalls();
        void import("./timeline/timeline.tsx");
        void import("./history/record-calls.ts").then(({ recordCalls }) => recordCalls());
      });
      const { value } = route;
      if (value.room === "explore" && value.method === undefined && method.value) {
        history.replaceState(undefined, "", fragmentOf({ room: "explore", method: method.value.path }));
      }
    },
    (error: unknown) => {
      schemaProblem.value = error instanceof SchemaError ? error.message : String(error);
    },
  );
});

/** Does a thing once what is there is drawn: what a first call needs is loaded before it is made, and after the first view. */
function whenDrawn(act: () => void): void {
  requestAnimationFrame(() => setTimeout(act));
}
