import type { Context } from "./context.ts";

/** A progress bar, or none where nobody would see it. */
export interface Progress extends Disposable {
  /** Shows that `done` of the total is done; `count` is the number that is printed. */
  update(done: number, count: number): void;
}

/** Options of a progress bar. */
export interface ProgressOptions {
  readonly label: string;
  /** What is counted: "users". */
  readonly unit: string;
  /** The value of `done` at the end. Default: unknown; a count is shown in place of a bar. */
  readonly total?: number | undefined;
}

/** Columns of a line beside its bar, at most: "checking", "100%" and "1,000,000,000 users". */
const REST = 40;

/**
 * Shows a bar on standard error where that is a terminal that can move its cursor, and nothing elsewhere. Disposing of it
 * removes the bar.
 */
export async function createProgress({ stderr }: Context, { label, unit, total }: ProgressOptions): Promise<Progress> {
  if (!stderr.isTTY || process.env.TERM === "dumb") return { update() {}, [Symbol.dispose]() {} };
  const { default: cliProgress } = await import("cli-progress");
  const known = total !== undefined && total > 0;
  const bar = new cliProgress.SingleBar(
    {
      stream: stderr,
      format: known ? `${label} {bar} {percentage}% | {count} ${unit}` : `${label} {count} ${unit}`,
      clearOnComplete: true,
      hideCursor: true,
      barsize: Math.min(30, Math.max(5, (stderr.columns || 80) - REST)),
      // The command itself handles Ctrl-C.
      gracefulExit: false,
    },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total || 1, 0, { count: "0" });
  return {
    update: (done, count) => bar.update(known ? done : 0, { count: count.toLocaleString("en") }),
    [Symbol.dispose]: () => bar.stop(),
  };
}
