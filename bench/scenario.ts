import type { Machine } from "./machine.ts";

/** Something that is measured, and how to read it. */
export interface Metric {
  readonly key: string;
  /** As tables and pictures name it: "calls a second". */
  readonly label: string;
  readonly better: "more" | "less";
}

/** One of those that are compared. */
export interface Contender {
  readonly name: string;
  /** Measures once and returns each metric of its chart. Throws where anything but the expected replies came back. */
  measure(): Promise<Readonly<Record<string, number>>>;
}

/** Contenders that do the same work. */
export interface Chart {
  /** Unique within its scenario. */
  readonly id: string;
  readonly title: string;
  readonly metrics: readonly Metric[];
  readonly contenders: readonly Contender[];
  /** The contender that the others are told as a ratio of. */
  readonly baseline?: string | undefined;
  /** Whether the picture shows it; the table always does. Defaults to true. */
  readonly pictured?: boolean | undefined;
}

/** A number among the results: a median. */
export interface Point {
  readonly chart: string;
  readonly contender: string;
  readonly metric: string;
}

/** What a number is to be, or its ratio to another. */
export interface Target {
  readonly text: string;
  readonly of: Point;
  /** Where set, the ratio of `of` to it is judged. */
  readonly against?: Point | undefined;
  readonly atLeast?: number | undefined;
  readonly atMost?: number | undefined;
}

/** What a scenario measures, once its servers run. */
export interface Plan {
  readonly charts: readonly Chart[];
  readonly targets: readonly Target[];
  /** What a reader of the numbers must know: what was left out, and why. */
  readonly notes?: readonly string[] | undefined;
}

/** What a scenario gets to work with. */
export interface Bench {
  /** A smoke check: little data, short loads, numbers that mean nothing. */
  readonly quick: boolean;
  readonly machine: Machine;
  /** The folder for data files; it goes when all is done. */
  readonly folder: string;
  /** Returns the first in a full run and the second in a quick one. */
  either<T>(full: T, quick: T): T;
  /** Keeps a server, or the like, until the scenario is over. */
  keep<T extends AsyncDisposable>(resource: T): T;
  /**
   * Returns a data file with so many users, ids 1 to `count`. Files of one count and `copy` are the same file, made once;
   * two servers that run at a time need one each.
   */
  users(count: number, copy?: string): Promise<string>;
}

/** A benchmark: contenders that take turns for some rounds. */
export interface Scenario {
  readonly name: string;
  /** What is compared with what, in a sentence. */
  readonly compares: string;
  /** Rounds of a full run. */
  readonly rounds: number;
  /** Starts what is needed and returns what to measure. */
  plan(bench: Bench): Promise<Plan>;
}
