import { type Client, Code, ConnectError, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { DirectoryService } from "../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter } from "../gen/greeter/greeter_pb.ts";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { Greeter as Helloworld } from "../gen/helloworld_pb.ts";
import { UserService } from "../gen/techoral/users/v1/user_service_pb.ts";
import { UserService as DemoUserService } from "../gen/user_service_pb.ts";
import { either, endWith } from "./closing.ts";
import { withDeadline } from "./deadline.ts";
import { sendHeaders } from "./headers.ts";
import type { Settings } from "./options.ts";
import { addRequestIds } from "./request-id.ts";
import { retry } from "./retry/retry.ts";
import { sendToken } from "./token.ts";
import { type ReadyOptions, waitForReady } from "./wait-for-ready.ts";
import type { WatchItem } from "./watch/item.ts";
import { type WatchCall, type WatchOptions, watch } from "./watch/watch.ts";

/** A client of every service. */
export interface Concierge extends AsyncDisposable {
  /** For clients of further services, with all that this one does for its own. */
  readonly transport: Transport;
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

/** What every call passes before it leaves, outermost first. */
export function createInterceptors({ headers, token, retry: policy }: Settings): Interceptor[] {
  return [
    sendHeaders(headers),
    addRequestIds(),
    ...(policy === undefined ? [] : [retry(policy)]),
    // Within an attempt, so that each has the token of its time.
    ...(token === undefined ? [] : [sendToken(token)]),
  ];
}

/** Puts the clients together around a transport; `closeConnections` ends what that holds. */
export function assemble(bare: Transport, { deadlineMs }: Settings, closeConnections = () => {}): Concierge {
  const closing = new AbortController();
  const transport = tellReadersAlone(withDeadline(endWith(bare, closing.signal), deadlineMs));
  const directory = createClient(DirectoryService, transport);
  const health = createClient(Health, transport);
  function close() {
    closing.abort(new ConnectError("the client is closed", Code.Canceled));
    closeConnections();
  }
  return {
    transport,
    greeter: createClient(Greeter, transport),
    helloworld: createClient(Helloworld, transport),
    users: createClient(UserService, transport),
    demoUsers: createClient(DemoUserService, transport),
    directory,
    health,
    watch: (options = {}, call = {}) => watch(directory, options, either(closing.signal, call.signal)),
    waitForReady: options => waitForReady(health, { ...options, signal: either(closing.signal, options?.signal) }),
    close,
    async [Symbol.asyncDispose]() {
      close();
    },
  };
}

/**
 * Has a stream that fails before anybody reads it tell who does so later. By itself Connect's client leaves its promise
 * alone until then, which ends a process with an unhandled rejection.
 */
function tellReadersAlone({ unary, stream }: Transport): Transport {
  return {
    unary,
    stream(...call) {
      const response = stream(...call);
      response.catch(() => {});
      return response;
    },
  };
}
