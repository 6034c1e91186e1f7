import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, ServiceImpl } from "@connectrpc/connect";
import type { Dependency } from "./health/health-registry.ts";

/** A service with what answers its calls. */
export interface Served {
  readonly service: DescService;
  /** What it cannot answer without: while one of them is unready, health says that the service is not serving. */
  readonly needs: readonly Dependency[];
  /** Mounts it. */
  mount(router: ConnectRouter): void;
}

/** Puts a service and its implementation together; a method without one answers UNIMPLEMENTED. */
export function serve<T extends DescService>(
  service: T,
  implementation: Partial<ServiceImpl<T>>,
  ...needs: Dependency[]
): Served {
  return {
    service,
    needs,
    mount(router) {
      router.service(service, implementation);
    },
  };
}
