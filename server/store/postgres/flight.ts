import type { EventEmitter } from "node:events";
import type { Connection as PgConnection, Submittable } from "pg";
import { toText, type Value } from "./parameters.ts";
import { typeParsers } from "./rows.ts";

/** A statement that is prepared once a connection. */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
}

/** A statement with its values. */
export type Step = readonly [statement: PreparedStatement, ...values: Value[]];

/** What came of a step. */
export interface Reply {
  /** Rows as arrays; none where the statement returns none. */
  readonly rows: readonly (readonly unknown[])[];
  /** As in `INSERT 0 1`; that of COMMIT may be `ROLLBACK`. */
  readonly tag: string;
}

/** What `pg` has on a connection beyond its types. */
interface Wire extends EventEmitter {
  readonly stream: { cork(): void; uncork(): void };
  /** Texts of the statements that are prepared, by their names. */
  readonly parsedStatements: Record<string, string>;
  parse(statement: PreparedStatement): void;
  bind(bound: { readonly statement: string; readonly values: readonly (string | null)[] }): void;
  describe(what: { readonly type: "P" }): void;
  execute(options: object): void;
  sync(): void;
}

/** Told how a flight ended: by an error, or by the replies to all of its steps. */
type OnEnd = (error: unknown, replies: readonly Reply[]) => void;

/**
 * Statements that are sent in one piece and answered in one: they share one Sync, where `pg` sends one after each, at which
 * the server answers and both sides are woken. After one that fails, none behind it is done.
 * https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 *
 * Methods that begin with "handle" are what `pg` calls with the messages of the server. It takes queries of other classes on
 * connections without `pipeline` alone.
 */
export class Flight implements Submittable {
  /** `pg` puts a function of its own before it, which stops the clock of the flight. */
  callback: OnEnd;
  readonly #steps: readonly Step[];
  readonly #values: readonly (readonly (string | null)[])[];
  readonly #replies: Reply[] = [];
  #rows: unknown[][] = [];
  #parsers: ((text: string) => unknown)[] = [];

  constructor(steps: readonly Step[], onEnd: OnEnd) {
    this.callback = onEnd;
    this.#steps = steps;
    this.#values = steps.map(([, ...values]) => values.map(toText));
  }

  submit(connection: PgConnection): void {
    const wire = connection as unknown as Wire;
    const unprepared: PreparedStatement[] = [];
    wire.stream.cork();
    for (const [index, [statement]] of this.#steps.entries()) {
      const { name } = statement;
      if (wire.parsedStatements[name] === undefined && !unprepared.includes(statement)) {
        unprepared.push(statement);
        wire.parse(statement);
      }
      wire.bind({ statement: name, values: this.#values[index] ?? [] });
      wire.describe({ type: "P" });
      wire.execute({});
    }
    wire.sync();
    wire.stream.uncork();
    if (unprepared.length > 0) notePrepared(unprepared, wire);
  }

  handleRowDescription({ fields }: { readonly fields: readonly { readonly dataTypeID: number }[] }): void {
    this.#parsers = fields.map(({ dataTypeID }) => typeParsers.getTypeParser(dataTypeID));
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    this.#rows.push(fields.map((text, index) => (text === null ? null : this.#parsers[index]?.(text))));
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#replies.push({ rows: this.#rows, tag: text });
    this.#rows = [];
  }

  handleError(error: unknown): void {
    this.callback(error, this.#replies);
  }

  handleReadyForQuery(): void {
    this.callback(null, this.#replies);
  }
}

/** A statement stays prepared even where it fails later, and its name must not be given twice. */
function notePrepared(statements: readonly PreparedStatement[], wire: Wire): void {
  let noted = 0;
  const note = () => {
    const statement = statements[noted++];
    if (statement !== undefined) wire.parsedStatements[statement.name] = statement.text;
  };
  wire.on("parseComplete", note);
  wire.once("readyForQuery", () => wire.off("parseComplete", note));
}
