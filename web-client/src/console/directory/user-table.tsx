import type { User } from "../../../../client/web.ts";
import { safeText } from "../shown-text.ts";
import { ask, listProblem, orderBy, page, pageTokens, searchText, shownUser, showsDeleted } from "./directory-state.ts";
import { roleName } from "./user-draft.ts";

const orders = [
  ["id", "Oldest first"],
  ["id desc", "Newest first"],
  ["name", "Name"],
  ["email", "Email"],
] as const;

/** The users that are looked for, a page at a time. */
export function UserTable() {
  const { users = [], nextPageToken = "" } = page.value ?? {};
  const number = pageTokens.value.length;
  return (
    <section class="panel users" aria-labelledby="users-title">
      <h2 id="users-title">Users</h2>
      <Questions />
      <p class="problem" role="alert">
        {listProblem.value}
      </p>
      <div class="users-scroll">
        <table aria-labelledby="users-title" aria-busy={!page.value}>
          <thead>
            <tr>
              <th scope="col">Id</th>
              <th scope="col">Name</th>
              <th scope="col">Email</th>
              <th scope="col">Role</th>
            </tr>
          </thead>
          <tbody>
            {users.map(user => (
              <UserRow key={user.id} user={user} />
            ))}
          </tbody>
        </table>
      </div>
      {page.value && users.length === 0 && <p class="empty">Nobody is found.</p>}
      <div class="pages">
        <button
          type="button"
          disabled={number === 1}
          onClick={() => (pageTokens.value = pageTokens.value.slice(0, -1))}
        >
          Previous
        </button>
        <span class="hint">Page {number}</span>
        <button
          type="button"
          disabled={nextPageToken === ""}
          onClick={() => (pageTokens.value = [...pageTokens.value, nextPageToken])}
        >
          Next
        </button>
      </div>
    </section>
  );
}

function Questions() {
  return (
    <div class="questions">
      <input
        type="search"
        aria-label="Find users"
        placeholder="Name or email, or a filter: role = ADMIN"
        value={searchText.value}
        onInput={({ currentTarget: { value } }) => ask(() => (searchText.value = value))}
      />
      <select
        aria-label="Order"
        value={orderBy.value}
        onChange={({ currentTarget: { value } }) => ask(() => (orderBy.value = value))}
      >
        {orders.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
      <label class="with-box">
        <input
          type="checkbox"
          checked={showsDeleted.value}
          onChange={({ currentTarget: { checked } }) => ask(() => (showsDeleted.value = checked))}
        />
        deleted, too
      </label>
    </div>
  );
}

function UserRow({ user }: { user: User }) {
  const { value: chosen } = shownUser;
  const isChosen = chosen !== undefined && chosen !== "new" && chosen.id === user.id;
  return (
    <tr data-deleted={user.deleteTime !== undefined} data-chosen={isChosen}>
      <td>{user.id}</td>
      <th scope="row">
        <button type="button" class="link" aria-pressed={isChosen} onClick={() => (shownUser.value = user)}>
          {safeText(user.name)}
        </button>
      </th>
      <td>{safeText(user.email)}</td>
      <td>{user.deleteTime ? "deleted" : roleName(user.role)}</td>
    </tr>
  );
}
