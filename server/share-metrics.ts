import { type FamilyData, toData } from "../host/metrics/merge.ts";
import type { Metrics } from "../host/metrics/metrics.ts";
import type { Colleagues } from "./workers/ask-workers.ts";

/** Has each worker tell what all of them have counted: whoever scrapes does not know which of them is asked. */
export function shareMetrics(metrics: Metrics, colleagues: Colleagues): void {
  colleagues.answer("metrics", async () => toData(await metrics.collect()));
  metrics.gatherBy(async () => {
    const answers = await colleagues.ask("metrics");
    return answers.map(({ worker, answer }) => ({ worker, families: answer as FamilyData[] }));
  });
}
