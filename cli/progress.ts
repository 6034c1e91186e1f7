import type { Context } from "./context.ts";

/** How far something has come, told to a person. */
export interface Progress extends Disposable {
  /** `done` of the total; `count` is what the person is told. */
  update(done: number, count: number): void;
}

/** What a progress bar says. */
export interface ProgressOptions {
  readonly label: string;
  /** What is counted: "users". */
  readonly unit: string;
  /** What `done` comes to in the end; undefined where nobody knows, which makes a count in place of a bar. */
  readonly total?: number | undefined;
}

/** What a line has beside its bar, at most: "checking", "100%" and "1,000,000,000 users". */
const REST = 40;

/**
 * Shows a bar on standard error where that is a terminal that can move its cursor, and nothing elsewhere. It goes when it is
 * disposed of.
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
      // The command itself hears Ctrl-C.
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
