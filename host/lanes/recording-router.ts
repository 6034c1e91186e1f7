import type { DescMethod, DescService } from "@bufbuild/protobuf";
import {
  type ConnectRouter,
  type ConnectRouterOptions,
  createConnectRouter,
  createMethodImplSpec,
  createServiceImplSpec,
  type MethodImpl,
  type MethodImplSpec,
  type ServiceImpl,
} from "@connectrpc/connect";

/** A method as it was registered. */
export interface RecordedRpc {
  readonly spec: MethodImplSpec;
  readonly options: ConnectRouterOptions | undefined;
}

/**
 * A Connect router that keeps what it is given: a real one hides the implementations. Passes everything on to a real
 * one, so whoever looks at `handlers` finds them.
 */
export function createRecordingRouter(): { readonly router: ConnectRouter; readonly recorded: readonly RecordedRpc[] } {
  const real = createConnectRouter();
  const recorded: RecordedRpc[] = [];
  const router: ConnectRouter = {
    handlers: real.handlers,
    service<T extends DescService>(
      service: T,
      implementation: Partial<ServiceImpl<T>>,
      options?: ConnectRouterOptions,
    ) {
      const { methods } = createServiceImplSpec(service, implementation);
      for (const spec of Object.values(methods)) recorded.push({ spec, options });
      real.service(service, implementation, options);
      return router;
    },
    rpc<M extends DescMethod>(method: M, impl: MethodImpl<M>, options?: ConnectRouterOptions) {
      recorded.push({ spec: createMethodImplSpec(method, impl) as MethodImplSpec, options });
      real.rpc(method, impl, options);
      return router;
    },
  };
  return { router, recorded };
}
