import { changeUser, createdRecord } from "../changes.ts";
import { foldText } from "../queries.ts";
import type { UserRecord } from "../records.ts";
import { completeUser, USER_COLUMNS, type UserRow, userFromRow } from "../user-rows.ts";
import type { AppendEvent, CreateUsers, DeleteUser, UndeleteUser, UpdateUser, Write, WriteResult } from "../writes.ts";
import { type Database, resultCode, SQLITE } from "./database.ts";
import { prepareRows } from "./rows.ts";

/**
 * Prepares the statements and returns what does one write inside the open transaction of the connection. A write that
 * is refused may have left traces: the caller rolls back to where it began. Throws what `node:sqlite` throws.
 */
export function createUserWriter(database: Database): (write: Write) => WriteResult {
  const findRequest = database.prepare("SELECT fingerprint, answer FROM requests WHERE id = ?");
  // Where a clock steps back, an id must not go before those that were stored before it.
  const insertRequest = database.prepare(
    `INSERT INTO requests (id, fingerprint, answer, time)
     VALUES (?, ?, ?, max(?, coalesce((SELECT max(time) FROM requests), 0)))`,
  );
  const findUser = prepareRows(database, `SELECT ${USER_COLUMNS} FROM users WHERE id = ?`);
  const insertUser = database.prepare(
    `INSERT INTO users (name, name_key, email, email_key, role, age, bio, create_time, update_time, version)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)`,
  );
  const updateUser = database.prepare(
    `UPDATE users SET name = ?, name_key = ?, email = ?, email_key = ?, role = ?, age = ?, bio = ?, update_time = ?,
     delete_time = ?, version = ? WHERE id = ?`,
  );
  const newestSeq = database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'");
  const insertEvent = database.prepare(
    "INSERT INTO events (tx, user_id, type, time, user, before, payload) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );

  /** The seq of the next event, which names the transaction that begins with it. */
  function nextTransaction(): number {
    return Number(newestSeq.get()?.seq ?? 0) + 1;
  }

  function create(write: CreateUsers): WriteResult {
    const { users, time, maxId = Number.MAX_SAFE_INTEGER } = write;
    const tx = nextTransaction();
    const ids: number[] = [];
    for (const [index, user] of users.entries()) {
      const at = user.createTime ?? time;
      const { name, email, role, age = null, bio = null } = user;
      const insert = () => insertUser.run(name, foldText(name), email, foldText(email), role, age, bio, at, at);
      const inserted = unlessTaken(insert);
      if (inserted === undefined) return { status: "refused", reason: "email_taken", index };
      const id = Number(inserted.lastInsertRowid);
      if (id > maxId) return { status: "refused", reason: "id_too_large", index };
      insertEvent.run(tx, id, "created", time, JSON.stringify(createdRecord(user, id, time)), null, null);
      ids.push(id);
    }
    return { status: "created", ids, time };
  }

  function change(write: UpdateUser | DeleteUser | UndeleteUser): WriteResult {
    const before = find(write.id);
    const changed = changeUser(before, write);
    if ("refused" in changed) return { status: "refused", reason: changed.refused };
    if ("absent" in changed) return { status: "absent" };
    const { user, events } = changed;
    if (events.length > 0) {
      const { name, email, role, age = null, bio = null, updateTime, deleteTime = null, version, id } = user;
      const keys = [name, foldText(name), email, foldText(email)] as const;
      const update = () => updateUser.run(...keys, role, age, bio, updateTime, deleteTime, version, id);
      if (unlessTaken(update) === undefined) return { status: "refused", reason: "email_taken" };
    }
    const tx = nextTransaction();
    for (const type of events) {
      insertEvent.run(tx, user.id, type, write.time, JSON.stringify(user), JSON.stringify(before), null);
    }
    return { status: "changed", user };
  }

  function append(write: AppendEvent): WriteResult {
    const user = find(write.id);
    if (user === undefined) return { status: "refused", reason: "missing" };
    if (user.deleteTime !== undefined) return { status: "refused", reason: "deleted" };
    insertEvent.run(nextTransaction(), write.id, write.type, write.time, null, JSON.stringify(user), write.payload);
    return { status: "appended", time: write.time };
  }

  function find(id: number): UserRecord | undefined {
    const row = findUser.get(id);
    return row && userFromRow(row as unknown as UserRow);
  }

  function apply(write: Write): WriteResult {
    switch (write.kind) {
      case "create":
        return create(write);
      case "append":
        return append(write);
      default:
        return change(write);
    }
  }

  return write => {
    const { request, time } = write;
    if (request === undefined) return apply(write);
    const known = findRequest.get(request.id);
    if (known !== undefined) {
      if (known.fingerprint !== request.fingerprint) return { status: "refused", reason: "request_reused" };
      const answer: WriteResult = JSON.parse(String(known.answer));
      return answer.status === "changed" ? { ...answer, user: completeUser(answer.user) } : answer;
    }
    const result = apply(write);
    if (result.status !== "refused") insertRequest.run(request.id, request.fingerprint, JSON.stringify(result), time);
    return result;
  };
}

/** Runs a statement; returns undefined where the email it stores is taken. */
function unlessTaken<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (resultCode(error) === SQLITE.CONSTRAINT && String(error).includes("users_by_email")) return undefined;
    throw error;
  }
}
