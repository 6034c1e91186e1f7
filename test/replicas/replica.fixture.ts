import { openStore } from "../../server/store/open-store.ts";
import { newOutcomes, runWriters } from "./workload.ts";

// A replica without its host: writes from many writers at once and prints what was acknowledged, a line each, until it is killed.
const [url = "", run = "", seed = "1"] = process.argv.slice(2);
await runWriters({
  stores: [await openStore(url)],
  writers: 8,
  seed: Number(seed),
  run,
  outcomes: newOutcomes(),
  isOver: () => false,
  onDone: label => process.stdout.write(`${label}\n`),
});
