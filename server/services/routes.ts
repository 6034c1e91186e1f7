import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { Greeter as HelloworldGreeter } from "../../gen/helloworld_pb.ts";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { UserService as DemoUserService } from "../../gen/user_service_pb.ts";
import { type Served, serve } from "../../host/served.ts";
import type { Directory } from "../directory/directory.ts";
import type { UserStore } from "../store/user-store.ts";
import { createDemoUsersService } from "./demo-users.ts";
import { createDirectoryService } from "./directory.ts";
import type { FeedServiceOptions } from "./feed-options.ts";
import { createGreeter, type GreeterOptions, plainGreeter } from "./greeter.ts";
import { storeDependency } from "./store-dependency.ts";
import { createUsersService } from "./users.ts";

type HealthyStore = Pick<UserStore, "health" | "onHealth">;

/** What the services need. */
export interface RoutesOptions extends FeedServiceOptions {
  readonly greeter: GreeterOptions;
  readonly directory: Directory;
  /** What the directory cannot do without. */
  readonly store: HealthyStore;
}

/** Lists the services: a new one is a line here, and health and reflection follow. */
export function createRoutes(options: RoutesOptions): Served[] {
  const { greeter, directory } = options;
  const store = storeDependency(options.store);
  return [
    serve(Greeter, createGreeter(greeter)),
    serve(HelloworldGreeter, plainGreeter),
    serve(UserService, createUsersService(directory, options), store),
    serve(DemoUserService, createDemoUsersService(directory, options), store),
    serve(DirectoryService, createDirectoryService(directory, options), store),
  ];
}
