import { createApp } from "../../server/app.ts";
import { parseConfig } from "../../server/config.ts";

// A server in a process of its own, which tells its port, and once it has answered its first call.
const app = await createApp(parseConfig(process.env));
let called = false;
app.fastify.addHook("onRequest", (request, _reply, done) => {
  if (!called && request.method === "POST") process.send?.({ called: true });
  called ||= request.method === "POST";
  done();
});
const [address] = await app.listen();
process.send?.({ port: address?.port });
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, () => void app.close().then(() => process.disconnect?.()));
}
