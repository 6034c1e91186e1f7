import type { Value } from "./database.ts";

/** A piece of a WHERE, with what its question marks stand for. */
export interface Clause {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** Joins the clauses that are there by AND; none of them is true of every row. */
export function joined(clauses: readonly (Clause | undefined)[]): Clause {
  const present = clauses.filter(clause => clause !== undefined && clause.sql !== "TRUE") as Clause[];
  if (present.length === 0) return { sql: "TRUE", values: [] };
  return { sql: present.map(({ sql }) => sql).join(" AND "), values: present.flatMap(({ values }) => values) };
}
