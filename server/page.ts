import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import { serveFiles } from "../host/fastify/static-files.ts";

/** Where `npm run build:page` puts the browser client. */
const pageRoot = fileURLToPath(new URL("../web-client/dist", import.meta.url));

/** Serves the browser client at `/`, or says how to build it. The console within its folder is the host's to serve. */
export async function page(app: FastifyInstance): Promise<void> {
  if (existsSync(pageRoot)) return serveFiles(app, { root: pageRoot, prefix: "/", leaveOut: "console/**" });
  app.get("/", (_request, reply) => {
    reply.code(404).type("text/plain; charset=utf-8").send("The page is not built: run npm run build:page\n");
  });
}
