import type { FastifyInstance } from "fastify";
import type { HealthRegistry } from "./health-registry.ts";

/**
 * Answers the probes of orchestrators and balancers in plain HTTP, https://kubernetes.io/docs/reference/using-api/health-checks/
 *
 * `/livez` is 200 as long as the event loop turns: a restart would not help a dependency. `/readyz` is 200 while the
 * server as a whole serves, else 503; `/readyz?verbose` lists each check.
 */
export function probes(app: FastifyInstance, registry: HealthRegistry): void {
  const headers = { "cache-control": "no-store", "content-type": "text/plain; charset=utf-8" };

  app.get("/livez", (_request, reply) => {
    reply.headers(headers).send("ok\n");
  });

  app.get<{ Querystring: Record<string, unknown> }>("/readyz", ({ query }, reply) => {
    const ready = registry.serving("") === true;
    const lines = registry
      .checks()
      .map(({ name, failure }) => (failure ? `[-]${name} failed: ${failure}` : `[+]${name} ok`));
    const verdict = ready ? "ok" : "not ready";
    const verbose = [...lines, `readyz check ${ready ? "passed" : "failed"}`].join("\n");
    reply
      .code(ready ? 200 : 503)
      .headers(headers)
      .send(`${"verbose" in query ? verbose : verdict}\n`);
  });
}
