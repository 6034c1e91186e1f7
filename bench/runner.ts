import { type ChartResult, judge, type Result } from "./result.ts";
import type { Bench, Scenario } from "./scenario.ts";

/** How a scenario is run. */
export interface RunOptions {
  /** Goes over the scenario's own number. */
  readonly rounds?: number | undefined;
  /** Is told of each step. */
  readonly progress: (text: string) => void;
}

/**
 * Measures a scenario. In each round every contender of every chart has its turn once, in the same order, so that what
 * the machine does besides falls on all of them alike.
 */
export async function runScenario(
  { name, compares, plan, rounds: own }: Scenario,
  bench: Omit<Bench, "keep">,
  { rounds = bench.quick ? 1 : own, progress }: RunOptions,
): Promise<Result> {
  await using kept = new AsyncDisposableStack();
  progress("starting");
  const { charts, targets, notes = [] } = await plan({ ...bench, keep: resource => kept.use(resource) });
  const measured = new Map<string, Record<string, number[]>>();

  for (let round = 1; round <= rounds; round++) {
    for (const chart of charts) {
      for (const contender of chart.contenders) {
        progress(`round ${round} of ${rounds}: ${chart.title}: ${contender.name}`);
        const key = `${chart.id}\n${contender.name}`;
        const values = measured.get(key) ?? {};
        measured.set(key, values);
        const measures = await contender.measure().catch(cause => {
          throw new Error(`${chart.title}: ${contender.name} could not be measured`, { cause });
        });
        for (const [metric, value] of Object.entries(measures)) {
          values[metric] ??= [];
          values[metric].push(value);
        }
      }
    }
  }

  const results: ChartResult[] = charts.map(({ id, title, metrics, baseline, pictured = true, contenders }) => ({
    id,
    title,
    metrics,
    baseline,
    pictured,
    contenders: contenders.map(each => ({ name: each.name, values: measured.get(`${id}\n${each.name}`) ?? {} })),
  }));
  return {
    name,
    compares,
    time: new Date().toISOString(),
    quick: bench.quick,
    rounds,
    machine: bench.machine,
    charts: results,
    verdicts: judge(targets, results),
    notes,
  };
}
