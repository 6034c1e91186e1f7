import { setTimeout as delay } from "node:timers/promises";
import { create, enumToJson, type Message } from "@bufbuild/protobuf";
import { Code, ConnectError, createContextValues, type StreamRequest } from "@connectrpc/connect";
import {
  Health,
  HealthCheckRequestSchema,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatusSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../../../gen/grpc/health/v1/health_pb.ts";
import { reconnectPauses } from "../../connection/connections.ts";
import { pauseMs } from "../../retry/pause.ts";
import type { Link } from "../connections/link.ts";
import { MethodPlan } from "../method-plan.ts";
import type { WireSettings } from "../settings.ts";
import { StreamCall } from "../stream-call.ts";

/** The server replies, and not about its health: it is called, as one that is not asked. */
const mute: ReadonlySet<Code> = new Set([Code.Unimplemented, Code.Unauthenticated, Code.PermissionDenied]);

/** How often a watch looks whether anybody still uses its connection, in milliseconds. */
const lookMs = 10_000;

/** What is the same for the watches of all servers. */
export class HealthService {
  readonly plan: MethodPlan;
  readonly #name: string;

  /** Takes the name of the service that has to be served; empty for the server as a whole. */
  constructor(name: string, settings: WireSettings) {
    this.plan = new MethodPlan(Health.method.watch, settings);
    this.#name = name;
  }

  /** A call of `Watch`. */
  request(signal: AbortSignal): StreamRequest {
    const message = create(HealthCheckRequestSchema, { service: this.#name });
    async function* messages() {
      yield message as Message;
    }
    const { method, url, heads } = this.plan;
    return {
      ...{ stream: true, service: method.parent, method, requestMethod: "POST", url, signal },
      ...{ header: heads.header(undefined, undefined), contextValues: createContextValues(), message: messages() },
    } as StreamRequest;
  }
}

/**
 * What a server says of its health, after gRPC's client-side health checking (gRFC A17): it is called once it says SERVING,
 * and as long as it does. A watch that ends is made anew, with growing pauses.
 */
export class HealthWatch {
  readonly #service: HealthService;
  #link: Link | undefined;
  #ending: AbortController | undefined;
  #isServing = false;
  /** Why the server is not called; undefined while it has said nothing. */
  #reason: string | undefined;
  #said = Promise.withResolvers<void>();

  constructor(service: HealthService) {
    this.#service = service;
  }

  /** Whether the server says that it serves. */
  get isServing(): boolean {
    return this.#isServing;
  }

  /** Asks over a link, unless another one is asked already. Resolves once the server serves; rejects once it says that it does not. */
  async serving(link: Link): Promise<void> {
    if (this.#link?.isOpen !== true) this.#begin(link);
    while (!this.#isServing) {
      if (this.#reason !== undefined) throw new Error(this.#reason);
      await this.#said.promise;
    }
  }

  /** Asks no more. Those who wait are told the reason, if there is one. */
  end(reason?: string): void {
    this.#ending?.abort();
    this.#ending = undefined;
    this.#link = undefined;
    this.#say(false, reason);
  }

  #begin(link: Link): void {
    this.end();
    const ending = new AbortController();
    this.#ending = ending;
    this.#link = link;
    const looking = setInterval(() => link.isIdle && ending.abort(), lookMs).unref();
    void this.#follow(link, ending.signal).then(isMute => {
      clearInterval(looking);
      // Another watch may have begun.
      if (!isMute && this.#link === link) this.end(`the connection was lost: ${link.whyOver ?? "it was left"}`);
    });
  }

  /** Reads the server's words for as long as the link takes calls. Resolves with whether the server has none. */
  async #follow(link: Link, signal: AbortSignal): Promise<boolean> {
    let failures = 0;
    while (link.isOpen && !signal.aborted) {
      const error = await this.#read(link, signal, () => {
        failures = 0;
      });
      if (signal.aborted || !link.isOpen) break;
      if (mute.has(error.code)) {
        this.#say(true, undefined);
        return true;
      }
      this.#say(false, `its health cannot be watched: ${error.message}`);
      await delay(pauseMs(reconnectPauses, ++failures), undefined, { ref: false, signal }).catch(() => {});
    }
    return false;
  }

  /** Reads until the watch ends, by whatever. */
  async #read(link: Link, signal: AbortSignal, spoken: () => void): Promise<ConnectError> {
    try {
      const { quiet } = link;
      const links = { take: () => quiet, ready: async () => quiet };
      const { message } = await new StreamCall(links, this.#service.plan, this.#service.request(signal)).start();
      for await (const { status } of message as AsyncIterable<HealthCheckResponse>) {
        spoken();
        const isServing = status === Status.SERVING;
        this.#say(
          isServing,
          isServing ? undefined : `it says ${enumToJson(HealthCheckResponse_ServingStatusSchema, status)}`,
        );
      }
      return new ConnectError("the watch has ended", Code.Unavailable);
    } catch (reason) {
      return ConnectError.from(reason);
    }
  }

  #say(isServing: boolean, reason: string | undefined): void {
    this.#isServing = isServing;
    this.#reason = reason;
    this.#said.resolve();
    this.#said = Promise.withResolvers();
  }
}
