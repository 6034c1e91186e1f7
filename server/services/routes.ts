import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import { Greeter as HelloworldGreeter } from "../../gen/helloworld_pb.ts";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { UserService as DemoUserService } from "../../gen/user_service_pb.ts";
import type { Directory } from "../directory/directory.ts";
import { createDemoUsersService } from "./demo-users.ts";
import { createDirectoryService } from "./directory.ts";
import { createGreeter, type GreeterOptions } from "./greeter.ts";
import { createHealth } from "./health.ts";
import type { Dependency, HealthRegistry } from "./health-registry.ts";
import { helloworld } from "./helloworld.ts";
import { reflectionOf } from "./reflection.ts";
import { type Served, serve } from "./served.ts";
import { createUsersService } from "./users.ts";

/** What the services need. */
export interface RoutesOptions {
  readonly greeter: GreeterOptions;
  readonly directory: Directory;
  /** What the directory cannot answer without. */
  readonly store: Dependency;
  /** Gets to know each service. */
  readonly health: HealthRegistry;
  /** Whether the services describe themselves. */
  readonly reflection: "on" | "off";
}

/** Lists the services: a new one is a line here, and health and reflection follow. */
export function createRoutes({ greeter, directory, store, health, reflection }: RoutesOptions): Served[] {
  const services = [
    serve(Greeter, createGreeter(greeter)),
    serve(HelloworldGreeter, helloworld),
    serve(UserService, createUsersService(directory), store),
    serve(DemoUserService, createDemoUsersService(directory), store),
    serve(DirectoryService, createDirectoryService(directory), store),
    serve(Health, createHealth(health)),
  ];
  if (reflection === "on") services.push(...reflectionOf(services.map(({ service }) => service)));
  for (const { service, needs } of services) health.add(service.typeName, needs);
  return services;
}
