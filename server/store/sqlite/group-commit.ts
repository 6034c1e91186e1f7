import type { Write, WriteResult } from "../writes.ts";
import { type Database, resultCode, SQLITE } from "./database.ts";
import { prepareCommitMark } from "./own-journal.ts";
import { createUserWriter } from "./user-writer.ts";

/** What became of one write of a group; `failed` where it hit an error that no rule foresees. */
export type WriteOutcome = WriteResult | { readonly status: "failed"; readonly message: string };

/** Errors after which nothing of the transaction can be trusted: https://www.sqlite.org/lang_transaction.html */
const GROUP_ERRORS: readonly (number | undefined)[] = [
  SQLITE.BUSY,
  SQLITE.NOMEM,
  SQLITE.READONLY,
  SQLITE.IOERR,
  SQLITE.CORRUPT,
  SQLITE.FULL,
  SQLITE.CANTOPEN,
  SQLITE.NOTADB,
];

/**
 * Returns what does a group of writes in one transaction, a savepoint each, so that one which is refused or fails
 * leaves the others alone. The outcomes are durable when it returns. Throws, with the whole group rolled back, where
 * the database itself fails.
 */
export function createGroupCommit(database: Database): (writes: readonly Write[]) => WriteOutcome[] {
  const begin = database.prepare("BEGIN IMMEDIATE");
  const commit = database.prepare("COMMIT");
  const savepoint = database.prepare("SAVEPOINT write");
  const release = database.prepare("RELEASE write");
  const undo = database.prepare("ROLLBACK TO write");
  const write = createUserWriter(database);
  const mark = prepareCommitMark(database);

  function attempt(item: Write): WriteOutcome {
    savepoint.run();
    let outcome: WriteOutcome;
    try {
      outcome = write(item);
    } catch (error) {
      if (!database.isTransaction || GROUP_ERRORS.includes(resultCode(error))) throw error;
      outcome = { status: "failed", message: String(error) };
    }
    if (outcome.status === "refused" || outcome.status === "failed") undo.run();
    release.run();
    return outcome;
  }

  return writes => {
    begin.run();
    try {
      const outcomes = writes.map(attempt);
      if (outcomes.some(({ status }) => status !== "refused" && status !== "failed")) mark();
      commit.run();
      return outcomes;
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  };
}
