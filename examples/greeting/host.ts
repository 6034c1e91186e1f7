import { createHost, serve } from "concierge";
import { GreetingService } from "./gen/greeting_pb.ts";

const greeting = serve(GreetingService, {
  greet: ({ name }) => ({ text: `Good evening, ${name}.` }),
  async *countDown({ from }) {
    for (let number = from; number > 0; number--) yield { number };
  },
});

const host = await createHost({ services: [greeting] });
const [address] = await host.listen({ host: "localhost", port: Number(process.env.PORT ?? 50051) });
process.stdout.write(`ready on localhost:${address?.port}\n`);
process.once("SIGTERM", () => host.close());
