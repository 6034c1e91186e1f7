import type { HttpEngine } from "../../host/listener/one-port.ts";

/** What serves HTTP/2 in suites: `TEST_HTTP_ENGINE=node npm test` runs them on `node:http2`. */
export const testEngine: HttpEngine = process.env.TEST_HTTP_ENGINE === "node" ? "node" : "engine";
