import { createServer as createHttp1 } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import type { AddressInfo } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { streamGreeter } from "./greeter-work.ts";
import { announce } from "./report.ts";

/** `@connectrpc/connect-node` as it is shipped; the first argument is the version of HTTP. */
const handler = connectNodeAdapter({
  routes(router) {
    router.service(Greeter, streamGreeter);
  },
});
const server = process.argv[2] === "1.1" ? createHttp1(handler) : createHttp2(handler);
server.listen(0, "127.0.0.1", () => announce((server.address() as AddressInfo).port));
