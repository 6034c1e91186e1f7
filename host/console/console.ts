import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import { serveFiles } from "../fastify/static-files.ts";

/** Where `npm run build:page` puts the console; the package has it there, too. */
const consoleRoot = fileURLToPath(new URL("../../web-client/dist/console", import.meta.url));

/**
 * Serves the console at `/console`, or says how to build it. It shows what the host's `/descriptors.binpb` tells to whoever
 * looks, and calls with the token that is typed into it: it needs no policy of its own.
 */
export async function serveConsole(app: FastifyInstance): Promise<void> {
  if (existsSync(consoleRoot)) {
    app.get("/console", (_request, reply) => reply.redirect("/console/", 308));
    return serveFiles(app, { root: consoleRoot, prefix: "/console/" });
  }
  app.get("/console", (_request, reply) => {
    reply
      .code(404)
      .type("text/plain; charset=utf-8")
      .send("The console is not here: the package concierge has it, and npm run build:page builds it\n");
  });
}
