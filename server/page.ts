import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/** Where `npm run build:page` puts the browser client. */
const pageRoot = fileURLToPath(new URL("../web-client/dist", import.meta.url));

/** The page loads its own files and calls its own server; nothing inline, nothing from elsewhere, no framing. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Serves the browser client at `/`, or says how to build it. */
export async function page(app: FastifyInstance): Promise<void> {
  if (!existsSync(pageRoot)) {
    app.get("/", (_request, reply) => {
      reply.code(404).type("text/plain; charset=utf-8").send("The page is not built: run npm run build:page\n");
    });
    return;
  }
  await app.register(fastifyStatic, {
    root: pageRoot,
    wildcard: false,
    // Only names with a content hash may be kept; vite puts those into assets/.
    cacheControl: false,
    setHeaders(reply, path) {
      reply.header("cache-control", path.includes("/assets/") ? "public, max-age=31536000, immutable" : "no-cache");
      reply.header("content-security-policy", contentSecurityPolicy);
      reply.header("x-content-type-options", "nosniff");
      reply.header("referrer-policy", "no-referrer");
    },
  });
}
