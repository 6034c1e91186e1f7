import type { ConnectRouter } from "@connectrpc/connect";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { Greeter as HelloworldGreeter } from "../../gen/helloworld_pb.ts";
import { createGreeter, type GreeterOptions } from "./greeter.ts";
import { helloworld } from "./helloworld.ts";

/** What the services need. */
export interface RoutesOptions {
  readonly greeter: GreeterOptions;
}

/** Lists the services: a new one is a line here. */
export function createRoutes({ greeter }: RoutesOptions): (router: ConnectRouter) => void {
  return router => {
    router.service(Greeter, createGreeter(greeter));
    router.service(HelloworldGreeter, helloworld);
  };
}
