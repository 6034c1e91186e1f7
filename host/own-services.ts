import type { DescMethod } from "@bufbuild/protobuf";
import { AdminService } from "../gen/concierge/admin/v1/admin_pb.ts";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { type AdminParts, adminOf } from "./admin/admin.ts";
import { type RelayOptions, relayOf } from "./console/relay.ts";
import { createHealth } from "./health/health.ts";
import type { HealthRegistry } from "./health/health-registry.ts";
import type { HostOptions } from "./host-options.ts";
import { openApiOf } from "./openapi/openapi.ts";
import { reflectionOf } from "./reflection/reflection.ts";
import { type Served, serve } from "./served.ts";

/** Streams of these that never end by themselves. */
export const unending: ReadonlySet<DescMethod> = new Set([Health.method.watch, AdminService.method.watchCounters]);

/** What the services are made of that a host serves by itself. */
interface OwnParts {
  readonly health: HealthRegistry;
  /** Undefined where no calls can be relayed. */
  readonly relay: RelayOptions | undefined;
  /** Undefined where nobody is an administrator. */
  readonly admin: AdminParts | undefined;
}

/** Whether what is served is told of, as a document and to the console. */
export function isDescribed({ reflection, rest }: HostOptions): boolean {
  return reflection !== "off" && rest !== "off";
}

/** Whether there is a console. */
export function hasConsole(options: HostOptions): boolean {
  return isDescribed(options) && options.console !== "off";
}

/**
 * The services of a host: those that it was given, with health and reflection, which say of each what it is; and those that
 * tell of the others or relay to them, and are none that anybody looks for.
 */
export function withOwnServices(options: HostOptions, { health, relay, admin }: OwnParts): readonly Served[] {
  const services = [...options.services, serve(Health, createHealth(health))];
  const described = services.map(({ service }) => service);
  if (options.reflection !== "off") services.push(...reflectionOf(described));
  for (const { service, needs } of services) health.add(service.typeName, needs);
  if (relay && hasConsole(options)) services.push(relayOf(relay));
  if (isDescribed(options)) {
    const all = services.map(({ service }) => service);
    services.push(openApiOf(all, { secured: options.auth !== undefined, ...options.api }));
  }
  // Not in the document: the contracts that it tells of are those of the services.
  if (admin) services.push(adminOf(admin));
  return services;
}
