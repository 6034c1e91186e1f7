import * as http2 from "node:http2";

/**
 * `http2.connect`, for tests. A session's error is told by each stream on it; of one that has none left, such as a session
 * that is closing as its server ends with the test, it would end the test's process.
 */
export const openHttp2 = ((...given: Parameters<typeof http2.connect>) =>
  http2.connect(...given).on("error", () => undefined)) as typeof http2.connect;
