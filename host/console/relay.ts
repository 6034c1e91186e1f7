import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import {
  ConsoleService,
  type OpenRequest,
  type OpenResponseSchema,
  type SendRequest,
} from "../../gen/concierge/console/v1/console_pb.ts";
import { toDuration } from "../../protocol/duration.ts";
import type { Fields } from "../../protocol/metadata.ts";
import { callerOf } from "../interceptors/call-info.ts";
import type { CallSource } from "../interceptors/call-source.ts";
import type { FindOther } from "../lanes/lane.ts";
import { type Served, serve } from "../served.ts";
import { RelayExchange, type TimedEvent } from "./relay-exchange.ts";
import { relayRequest } from "./relay-request.ts";
import { defaultRelayLimits, type RelayLimits, RelaySessions } from "./relay-sessions.ts";

/** What the console's relay needs. */
export interface RelayOptions {
  /** Finds the call that a request asks for. */
  readonly find: FindOther;
  /**
   * Whether calls may be relayed: not where hooks that look at each request decide who calls what, for no relayed call would
   * pass them.
   */
  readonly mayRelay: () => boolean;
  /** What is sent with the head of each reply. Nothing by default. */
  readonly answerHeaders?: (source: CallSource) => Fields;
  /** Defaults to `defaultRelayLimits`. */
  readonly limits?: RelayLimits;
}

type Reply = MessageInitShape<typeof OpenResponseSchema>;

/** Not shown to pages, which would put them on the screen: who signs in, and by what. */
const secret = new Set(["authorization", "cookie"]);

/**
 * `concierge.console.v1.ConsoleService`: calls from browsers that a browser cannot make. A relayed call passes the gate, the
 * interceptors, the limits and the log as any other: its caller is the one of Open, with the same headers.
 */
export function relayOf(options: RelayOptions): Served {
  const { find, mayRelay, answerHeaders = () => ({}), limits = defaultRelayLimits } = options;
  const sessions = new RelaySessions(limits);

  async function* open(request: OpenRequest, context: HandlerContext): AsyncGenerator<Reply> {
    const { path, url, headers, source } = relayRequest(request, context);
    if (!mayRelay()) {
      throw new ConnectError(
        "hooks of this server look at each call, and a relayed one passes none",
        Code.Unimplemented,
      );
    }
    if (path.startsWith(`/${ConsoleService.typeName}/`)) {
      throw new ConnectError("a relayed call cannot be relayed again", Code.InvalidArgument);
    }
    const begin = find({ method: "POST", url: path, headers: source.raw.headers });
    if (!begin) {
      const text = `"${path}" is no method here that takes ${JSON.stringify(request.contentType)}`;
      throw new ConnectError(text, Code.NotFound);
    }
    const caller = callerOf(context);
    // Its handler may go on when the call is over: the caller has that many, whatever became of them.
    const exchange = new RelayExchange(
      { path, url, headers },
      () => answerHeaders(source),
      sessions.admit(caller, context.values),
    );
    const session = sessions.add(caller, exchange);
    // What waits for a slow client is not resumed when that client leaves.
    context.signal.addEventListener("abort", leave, { once: true });
    function leave() {
      sessions.delete(session);
      exchange.leave("the stream of Open ended");
    }
    const start = performance.now();
    try {
      begin(exchange, source);
      yield { ...since(start, start), event: { case: "opened", value: { session, headers: shown(headers) } } };
      for await (const event of exchange.events()) yield { ...since(start, event.at), event: toReply(event) };
    } finally {
      leave();
    }
  }

  async function send({ session, body, halfClose, cancel }: SendRequest, context: HandlerContext) {
    const exchange = sessions.find(session, callerOf(context));
    if (!cancel) return { over: !(await exchange.send(body, halfClose)) };
    exchange.leave("the caller canceled the call");
    return {};
  }

  return serve(ConsoleService, { open, send });
}

function since(start: number, at: number): Pick<Reply, "elapsed"> {
  return { elapsed: toDuration(at - start) };
}

function toReply(event: TimedEvent): Reply["event"] {
  switch (event.kind) {
    case "head":
      return { case: "head", value: { status: event.status, headers: listOf(event.fields) } };
    case "body":
      return { case: "body", value: event.bytes };
    case "end":
      return { case: "end", value: { trailers: listOf(event.trailers) } };
    case "broken":
      return { case: "broken", value: { reason: event.reason } };
  }
}

function shown(headers: Fields) {
  return listOf(headers).filter(({ name }) => !secret.has(name));
}

function listOf(fields: Fields): { name: string; value: string }[] {
  return Object.entries(fields).flatMap(([name, value]) => {
    const values = Array.isArray(value) ? value : value === undefined ? [] : [value];
    return values.map(each => ({ name, value: String(each) }));
  });
}
