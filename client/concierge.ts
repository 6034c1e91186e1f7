import type { Client } from "@connectrpc/connect";
import { DirectoryService } from "../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter } from "../gen/greeter/greeter_pb.ts";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { Greeter as Helloworld } from "../gen/helloworld_pb.ts";
import { UserService } from "../gen/techoral/users/v1/user_service_pb.ts";
import { UserService as DemoUserService } from "../gen/user_service_pb.ts";
import { createClient } from "./create-client.ts";
import type { ManagedTransport } from "./layers.ts";
import { either } from "./signals.ts";
import { type ReadyOptions, waitForReady } from "./wait-for-ready.ts";
import type { WatchItem } from "./watch/items.ts";
import { type WatchCall, type WatchOptions, watch } from "./watch/watch.ts";

/** A client of every service. */
export interface Concierge extends AsyncDisposable {
  /** For clients of further services, with all that this one does for its own. */
  readonly transport: ManagedTransport;
  /** `greeter.Greeter`. */
  readonly greeter: Client<typeof Greeter>;
  /** `Greeter`, without a package. */
  readonly helloworld: Client<typeof Helloworld>;
  /** `techoral.users.v1.UserService`. */
  readonly users: Client<typeof UserService>;
  /** `UserService`, without a package. */
  readonly demoUsers: Client<typeof DemoUserService>;
  /** `concierge.directory.v1.DirectoryService`. */
  readonly directory: Client<typeof DirectoryService>;
  /** `grpc.health.v1.Health`. */
  readonly health: Client<typeof Health>;
  /** Follows what happens in the directory, through lost connections and restarts. */
  watch(options?: WatchOptions, call?: WatchCall): AsyncGenerator<WatchItem, void, undefined>;
  /** Waits until the server is serving, or one of its services is. */
  waitForReady(options?: ReadyOptions): Promise<void>;
  /** Ends watches, and calls in flight with CANCELED, and closes the connections. Calls that follow fail. */
  close(): void;
}

/** Puts Concierge's clients on a transport, which they own. */
export function createConciergeOn(transport: ManagedTransport): Concierge {
  const { closed } = transport;
  const directory = createClient(DirectoryService, transport);
  const health = createClient(Health, transport);
  return {
    transport,
    greeter: createClient(Greeter, transport),
    helloworld: createClient(Helloworld, transport),
    users: createClient(UserService, transport),
    demoUsers: createClient(DemoUserService, transport),
    directory,
    health,
    watch: (options = {}, call = {}) => watch(directory, options, either(closed, call.signal)),
    waitForReady: options => waitForReady(health, { ...options, signal: either(closed, options?.signal) }),
    close: () => transport.close(),
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}
