import { useEffect } from "preact/hooks";
import { followList, shownUser } from "./directory-state.ts";
import { ImportPanel } from "./import-panel.tsx";
import { UserPanel } from "./user-panel.tsx";
import { UserTable } from "./user-table.tsx";

/** The directory as those see it who look after its users. */
export function DirectoryRoom() {
  useEffect(followList, []);
  const { value: shown } = shownUser;
  return (
    <main class="directory" id="request">
      <UserTable />
      <div class="directory-side">
        {shown ? (
          <UserPanel key={shown === "new" ? "new" : shown.id} user={shown === "new" ? undefined : shown} />
        ) : (
          <button type="button" class="primary" onClick={() => (shownUser.value = "new")}>
            New user
          </button>
        )}
        <ImportPanel />
      </div>
    </main>
  );
}
