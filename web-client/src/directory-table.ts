import { type Event, Role, type User } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { find, textElement } from "./dom.ts";

/** The table of users. */
export interface DirectoryTable {
  /** Shows these users, and no others; of `total`, where those are only the newest. */
  replace: (users: readonly User[], total?: number) => void;
  /** Shows nobody, nor how many there are. */
  clear: () => void;
  /** Shows what happened, and where. */
  apply: (events: readonly Event[]) => void;
}

/** More rows than this are of no use to anyone; the users that changed last are shown. */
const MAX_ROWS = 200;

const ROLES: Record<number, string> = { [Role.VIEWER]: "viewer", [Role.EDITOR]: "editor", [Role.ADMIN]: "admin" };

/** Binds `#directory-rows` and `#directory-count`. The user that changed last stands first, where a change is seen. */
export function bindDirectoryTable(root: ParentNode): DirectoryTable {
  const body = find(root, "#directory-rows", HTMLTableSectionElement);
  const count = find(root, "#directory-count", HTMLElement);
  /** By id; who changed last is the last. */
  const users = new Map<string, User>();
  /** How many there are beyond those. */
  let more = 0;
  const rows = new Map<string, HTMLTableRowElement>();

  /** Puts rows in their order, and leaves those that are there already where they are. */
  const show = () => {
    const ids = [...users.keys()].slice(-MAX_ROWS).reverse();
    const shown = new Set(ids);
    for (const [id, row] of rows) {
      if (shown.has(id)) continue;
      row.remove();
      rows.delete(id);
    }
    ids.forEach((id, index) => {
      let row = rows.get(id);
      if (!row) {
        row = document.createElement("tr");
        rows.set(id, row);
        fill(row, users.get(id));
      }
      if (body.rows[index] !== row) body.insertBefore(row, body.rows[index] ?? null);
    });
    count.textContent = counted(users.size + more, ids.length);
  };

  return {
    replace(all, total = all.length) {
      more = total - all.length;
      users.clear();
      for (const user of all.toSorted(byChange)) users.set(user.id, user);
      for (const [id, row] of rows) fill(row, users.get(id));
      show();
    },
    clear() {
      more = 0;
      users.clear();
      show();
      count.textContent = "";
    },
    apply(events) {
      const changed = new Set<string>();
      for (const { userId, user } of events) {
        if (!user) continue;
        users.delete(userId);
        if (!user.deleteTime) users.set(userId, user);
        changed.add(userId);
      }
      show();
      for (const id of changed) {
        const row = rows.get(id);
        if (!row) continue;
        fill(row, users.get(id));
        highlight(row);
      }
    },
  };
}

/** Who changed last comes last; of those of one time, who was created last. */
function byChange(a: User, b: User): number {
  const { seconds = 0n, nanos = 0 } = a.updateTime ?? {};
  const other = b.updateTime ?? { seconds: 0n, nanos: 0 };
  return Number(seconds - other.seconds) || nanos - other.nanos || Number(a.id) - Number(b.id);
}

function fill(row: HTMLTableRowElement, user: User | undefined): void {
  if (!user) return;
  const name = cutCell("th", user.name);
  name.setAttribute("scope", "row");
  row.replaceChildren(
    textElement("td", "directory-id", user.id),
    name,
    cutCell("td", user.email),
    textElement("td", "", ROLES[user.role] ?? ""),
  );
}

/** A cell whose text is cut where it does not fit; pointing at it shows the whole. */
function cutCell(tag: string, text: string): HTMLElement {
  const cell = document.createElement(tag);
  const cut = textElement("span", "directory-cut", text);
  cut.title = text;
  cell.append(cut);
  return cell;
}

/** Lets a row light up for a moment; one that is lit up already does so again. */
function highlight(row: HTMLTableRowElement): void {
  row.classList.remove("changed");
  // Asking for the box makes the browser notice the removal, without which the animation would not start again.
  row.getBoundingClientRect();
  row.classList.add("changed");
}

function counted(all: number, shown: number): string {
  const users = `${all.toLocaleString("en-US")} ${all === 1 ? "user" : "users"}`;
  return `${shown < all ? `${shown} of ${users}` : users}${shown > 1 ? ", the latest change first" : ""}`;
}
