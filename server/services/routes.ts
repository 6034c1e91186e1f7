import type { ConnectRouter } from "@connectrpc/connect";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { Greeter as HelloworldGreeter } from "../../gen/helloworld_pb.ts";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { UserService as DemoUserService } from "../../gen/user_service_pb.ts";
import type { Directory } from "../directory/directory.ts";
import { createDemoUsersService } from "./demo-users.ts";
import { createDirectoryService } from "./directory.ts";
import type { FeedServiceOptions } from "./feed-options.ts";
import { createGreeter, type GreeterOptions } from "./greeter.ts";
import { helloworld } from "./helloworld.ts";
import { createUsersService } from "./users.ts";

/** What the services need. */
export interface RoutesOptions extends FeedServiceOptions {
  readonly greeter: GreeterOptions;
  readonly directory: Directory;
}

/** Lists the services: a new one is a line here. */
export function createRoutes(options: RoutesOptions): (router: ConnectRouter) => void {
  const { greeter, directory } = options;
  return router => {
    router.service(Greeter, createGreeter(greeter));
    router.service(HelloworldGreeter, helloworld);
    router.service(UserService, createUsersService(directory, options));
    router.service(DemoUserService, createDemoUsersService(directory, options));
    router.service(DirectoryService, createDirectoryService(directory, options));
  };
}
