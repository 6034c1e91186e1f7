import type { FastifyInstance } from "fastify";

/** A page loads its own files and calls its own server; nothing inline, nothing from elsewhere, no framing. */
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

/** What {@link serveFiles} needs to know. */
export interface StaticFilesOptions {
  /** The folder, absolute. */
  readonly root: string;
  /** Where it is served, with a slash at both ends: `/`, `/console/`. */
  readonly prefix: string;
  /** Files that are left out, as a glob within the folder. None by default. */
  readonly leaveOut?: string;
}

/**
 * Serves the files that a folder has now, under a strict policy. What vite puts into `assets/` has its content's hash in its
 * name and may be kept for a year.
 */
export async function serveFiles(app: FastifyInstance, options: StaticFilesOptions): Promise<void> {
  const { root, prefix, leaveOut } = options;
  // The host by itself has no pages, and comes without it.
  const { default: fastifyStatic } = await import("@fastify/static");
  await app.register(fastifyStatic, {
    root,
    prefix,
    ...(leaveOut !== undefined && { globIgnore: [leaveOut] }),
    wildcard: false,
    // Two folders are served, and none of them by a reply's own method.
    decorateReply: false,
    // Only names with a content hash may be kept.
    cacheControl: false,
    setHeaders(reply, path) {
      reply.header("cache-control", path.includes("/assets/") ? "public, max-age=31536000, immutable" : "no-cache");
      reply.header("content-security-policy", contentSecurityPolicy);
      reply.header("x-content-type-options", "nosniff");
      reply.header("referrer-policy", "no-referrer");
    },
  });
}
