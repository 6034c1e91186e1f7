import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import { Greeter as HelloworldGreeter } from "../../gen/helloworld_pb.ts";
import { createGreeter, type GreeterOptions } from "./greeter.ts";
import { createHealth } from "./health.ts";
import type { HealthRegistry } from "./health-registry.ts";
import { helloworld } from "./helloworld.ts";
import { reflectionOf } from "./reflection.ts";
import { type Served, serve } from "./served.ts";

/** What the services need. */
export interface RoutesOptions {
  readonly greeter: GreeterOptions;
  /** Gets to know each service. */
  readonly health: HealthRegistry;
  /** Whether the services describe themselves. */
  readonly reflection: "on" | "off";
}

/** Lists the services: a new one is a line here, and health and reflection follow. */
export function createRoutes({ greeter, health, reflection }: RoutesOptions): Served[] {
  const services = [
    serve(Greeter, createGreeter(greeter)),
    serve(HelloworldGreeter, helloworld),
    serve(Health, createHealth(health)),
  ];
  if (reflection === "on") services.push(...reflectionOf(services.map(({ service }) => service)));
  for (const { service, needs } of services) health.add(service.typeName, needs);
  return services;
}
