import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { Greeter as HelloworldGreeter } from "../../gen/helloworld_pb.ts";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { UserService as DemoUserService } from "../../gen/user_service_pb.ts";
import type { Dependency } from "../../host/health/health-registry.ts";
import { type Served, serve } from "../../host/served.ts";
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
  /** What the directory cannot answer without. */
  readonly store: Dependency;
}

/** Lists the services: a new one is a line here, and health and reflection follow. */
export function createRoutes(options: RoutesOptions): Served[] {
  const { greeter, directory, store } = options;
  return [
    serve(Greeter, createGreeter(greeter)),
    serve(HelloworldGreeter, helloworld),
    serve(UserService, createUsersService(directory, options), store),
    serve(DemoUserService, createDemoUsersService(directory, options), store),
    serve(DirectoryService, createDirectoryService(directory, options), store),
  ];
}
