import { type FeedCommand, FeedLoad } from "./feed-load.ts";

/** The process of a {@link FeedLoad}: does what its parent asks, and ends with it. */
const load = new FeedLoad(Number(process.argv[2]));
process.on("message", async (command: FeedCommand) => {
  try {
    process.send?.({ result: await load.run(command) });
  } catch (error) {
    process.send?.({ error: (error as Error).stack });
  }
});
process.once("disconnect", () => process.exit());
process.send?.({ result: {} });
