import { useState } from "preact/hooks";
import { Code, type ConciergeError, conciergeError, type User } from "../../../../client/web.ts";
import { changes, concierge, shownUser } from "./directory-state.ts";
import { changedFields, draftOf, emptyDraft, type Merge, mergeDrafts, type UserDraft, userOf } from "./user-draft.ts";
import { UserFields } from "./user-fields.tsx";
import { UserHistory } from "./user-history.tsx";

/** One user: its fields, what may be done with it, and what has happened to it. */
export function UserPanel({ user }: { user: User | undefined }) {
  const before = user ? draftOf(user) : emptyDraft;
  const [draft, setDraft] = useState(before);
  const [error, setError] = useState<ConciergeError>();
  const [merge, setMerge] = useState<Merge>();
  const [isBusy, setBusy] = useState(false);
  const { directory } = concierge.value;
  const changed = changedFields(before, draft);

  /** Does one thing to the user, and shows what it came to: the user as it is then, or what was wrong. */
  async function act(how: () => Promise<User>) {
    setBusy(true);
    setError(undefined);
    try {
      const next = await how();
      setMerge(undefined);
      setDraft(draftOf(next));
      shownUser.value = next;
      changes.value++;
    } catch (reason) {
      const failed = conciergeError(reason);
      if (failed.code === Code.Aborted && user) await meet(user, draft);
      else setError(failed);
    } finally {
      setBusy(false);
    }
  }
  /** Somebody else was faster: their changes come in, and what was changed here stays over them. */
  async function meet(ours: User, mine: UserDraft) {
    try {
      const theirs = await directory.getUser({ key: { case: "id", value: ours.id } });
      const merged = mergeDrafts(draftOf(ours), mine, draftOf(theirs));
      shownUser.value = theirs;
      setMerge(merged);
      setDraft(merged.draft);
    } catch (reason) {
      setError(conciergeError(reason));
    }
  }
  function save() {
    if (!user) return act(() => directory.createUser({ user: userOf(draft) }));
    const sent = { ...userOf(draft), id: user.id, etag: user.etag };
    return act(() => directory.updateUser({ user: sent, updateMask: { paths: changed } }));
  }
  const isDeleted = user?.deleteTime !== undefined;
  return (
    <section class="panel user" aria-labelledby="user-title">
      <div class="detail-head">
        <h2 id="user-title">{user ? `User ${user.id}` : "New user"}</h2>
        <button type="button" class="link" onClick={() => (shownUser.value = undefined)}>
          Close
        </button>
      </div>
      <form
        noValidate
        autocomplete="off"
        onSubmit={event => {
          event.preventDefault();
          if (!isBusy && changed.length > 0) void save();
        }}
      >
        {merge && <Meeting merge={merge} draft={draft} onChange={setDraft} />}
        <UserFields draft={draft} isReadOnly={isDeleted} violations={error?.violations ?? []} onChange={setDraft} />
        <p class="problem" role="alert">
          {error && `${error.message}${error.requestId ? ` (request ${error.requestId})` : ""}`}
        </p>
        <div class="actions">
          {!isDeleted && (
            <button type="submit" class="primary" disabled={isBusy || changed.length === 0}>
              {user ? "Save" : "Create"}
            </button>
          )}
          {user && !isDeleted && (
            <button
              type="button"
              class="quiet"
              disabled={isBusy}
              onClick={() => void act(() => directory.deleteUser({ id: user.id, etag: user.etag }))}
            >
              Delete
            </button>
          )}
          {isDeleted && (
            <button
              type="button"
              class="primary"
              disabled={isBusy}
              onClick={() => void act(() => directory.undeleteUser({ id: user.id, etag: user.etag }))}
            >
              Undelete
            </button>
          )}
        </div>
      </form>
      {user && <UserHistory key={user.id} id={user.id} />}
    </section>
  );
}

interface MeetingProps {
  merge: Merge;
  draft: UserDraft;
  onChange: (draft: UserDraft) => void;
}

/** What others have changed meanwhile, in words, and a choice where both have changed the same. */
function Meeting({ merge: { conflicts, taken, theirs: their }, draft, onChange }: MeetingProps) {
  return (
    <div class="meeting" role="alert">
      <p>
        <b>Somebody else has changed this user meanwhile.</b> Nothing of yours is stored yet: look at it, and save
        again.
      </p>
      {taken.length > 0 && <p class="hint">Their {taken.join(", ")} came in.</p>}
      {conflicts.map(({ field, mine, theirs }) => (
        <p key={field}>
          You both changed the {field}: you to <q>{mine}</q>, they to <q>{theirs}</q>.{" "}
          <button type="button" class="link" onClick={() => onChange({ ...draft, [field]: their[field] })}>
            Take theirs<span class="visually-hidden"> for {field}</span>
          </button>
        </p>
      ))}
    </div>
  );
}
