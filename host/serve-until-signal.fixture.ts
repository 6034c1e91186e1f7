import { pino } from "pino";
import { Greeter } from "../gen/greeter/greeter_pb.ts";
import { createHost } from "./host.ts";
import { serveUntilSignal } from "./serve-until-signal.ts";
import { serve } from "./served.ts";

/** A process that serves until a signal: at PORT, with the secret in SECRET where there is one. */
const { PORT = "0", SECRET } = process.env;

await serveUntilSignal(() =>
  createHost({
    services: [
      serve(Greeter, {
        async *sayHelloStream(_, { signal }) {
          yield { message: "begun" };
          await new Promise(resolve => signal.addEventListener("abort", resolve));
        },
      }),
    ],
    auth: SECRET === undefined ? undefined : { secret: SECRET },
    log: pino({ base: null }, pino.destination({ dest: 1, sync: true })),
    listen: { host: "localhost", port: Number(PORT) },
    // Nothing but a second signal may cut it short.
    shutdownGraceMs: 3_600_000,
  }),
);
