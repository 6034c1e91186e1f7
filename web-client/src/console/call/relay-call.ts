import type { JsonValue } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { ConsoleService, type Header, type OpenResponse } from "../../../../gen/concierge/console/v1/console_pb.ts";
import type { CallLog } from "./call-log.ts";
import type { Headers } from "./call-record.ts";
import type { CallPlan } from "./plan.ts";
import { type ReplyReader, readReplyHead } from "./reply-reader.ts";
import { failure, type Status } from "./status.ts";
import { isFramed, type WireMessage, wireMessage, wireRequest } from "./wire-request.ts";

/** A call that runs on the server for this page, which may send while it receives. */
export interface RelayCall {
  /** Sends a message once those before it are sent. Throws where it is none of the method's type. */
  send(json: JsonValue): void;
  /** Sends no more. */
  halfClose(): void;
  /** Resolves once the call is over, and its end is in the log. Never rejects. */
  readonly over: Promise<void>;
}

/** What the relay says of the headers of Open, or makes itself: a page need not send it. */
const ofRelay = new Set(["content-type", "te", "grpc-timeout", "connect-timeout-ms", "connect-protocol-version"]);

/** A deadline that the contract can carry, in milliseconds. */
const maxTimeoutMs = 2 ** 32 - 1;

/**
 * Makes a call through the server's relay and writes it down. Its messages are sent at once; `signal` cancels it. Throws where
 * a message is none of its type.
 */
export function relayCall(plan: CallPlan, log: CallLog, signal: AbortSignal): RelayCall {
  const request = wireRequest(plan);
  const client = createClient(ConsoleService, createConnectTransport({ baseUrl: plan.origin, useBinaryFormat: true }));
  const cut = new AbortController();
  const sender = new Sender(client, plan, log, () => cut.abort());
  for (const message of request.messages) sender.add(message);
  const contentType = request.headers.find(([name]) => name === "content-type")?.[1] ?? "";
  const timeoutMs = Math.min(plan.deadlineMs ?? 0, maxTimeoutMs);
  const replies = client.open(
    { path: request.target, contentType, timeoutMs },
    { headers: openHeaders(plan, request.headers), signal: AbortSignal.any([signal, cut.signal]) },
  );
  const [encoding] = request.messages.map(message => message.encoding);
  return {
    send: json => sender.add(wireMessage(plan, json, encoding ?? "proto", isFramed(plan))),
    halfClose: () => sender.end(),
    over: follow(replies, plan, log, sender, signal),
  };
}

async function follow(
  replies: AsyncIterable<OpenResponse>,
  plan: CallPlan,
  log: CallLog,
  sender: Sender,
  signal: AbortSignal,
): Promise<void> {
  let reader: ReplyReader | undefined;
  try {
    for await (const { event } of replies) {
      if (event.case === "opened") sender.open(event.value.session);
      else if (event.case === "head") {
        reader = readReplyHead(plan, log, { status: event.value.status, headers: listOf(event.value.headers) });
      } else if (event.case === "body") reader?.push(event.value);
      else if (event.case === "end") reader?.finish(listOf(event.value.trailers));
      else if (event.case === "broken") log.ended(failure("canceled", event.value.reason));
    }
    log.ended(failure("internal", "the relay's reply has no end: it was cut"));
  } catch (error) {
    log.ended(signal.aborted ? failure("canceled", "canceled here") : statusOf(error));
  } finally {
    sender.close();
  }
}

/** Sends the parts of a request one after the other: two at a time might arrive the other way round. */
class Sender {
  readonly #client: Client<typeof ConsoleService>;
  readonly #headers: [string, string][];
  readonly #log: CallLog;
  readonly #cut: () => void;
  readonly #waiting: WireMessage[] = [];
  #session: string | undefined;
  #ending = false;
  #running = false;
  #closed = false;

  /** `cut` ends a call whose request cannot go on. */
  constructor(client: Client<typeof ConsoleService>, plan: CallPlan, log: CallLog, cut: () => void) {
    this.#cut = cut;
    this.#client = client;
    this.#headers = openHeaders(plan, []);
    this.#log = log;
    // Of one message nobody has to say that it is the last.
    const { kind } = plan.method;
    this.#ending = kind === "unary" || kind === "server_streaming";
  }

  add(message: WireMessage): void {
    this.#waiting.push(message);
    void this.#run();
  }

  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    void this.#run();
  }

  open(session: string): void {
    this.#session = session;
    void this.#run();
  }

  close(): void {
    this.#closed = true;
  }

  async #run(): Promise<void> {
    if (this.#running || this.#session === undefined) return;
    this.#running = true;
    try {
      let ended = false;
      while (!this.#closed && !ended && (this.#waiting.length > 0 || this.#ending)) {
        const message = this.#waiting.shift();
        ended = this.#ending && this.#waiting.length === 0;
        await this.#send(this.#session, message, ended);
      }
      this.#closed ||= ended;
    } catch (error) {
      // A session that is gone was a call that is over: Open says how.
      if (ConnectError.from(error).code === Code.NotFound) return;
      this.#log.ended(statusOf(error));
      this.#cut();
    } finally {
      this.#running = false;
    }
  }

  async #send(session: string, message: WireMessage | undefined, halfClose: boolean): Promise<void> {
    if (message) this.#log.sent(message.json, message);
    if (halfClose) this.#log.halfClosed();
    const body = message?.bytes ?? new Uint8Array();
    await this.#client.send({ session, body, halfClose }, { headers: this.#headers });
  }
}

function openHeaders({ token }: CallPlan, headers: Headers): [string, string][] {
  const own = headers.filter(([name]) => !ofRelay.has(name)).map(([name, value]): [string, string] => [name, value]);
  if (token !== "") own.push(["authorization", `Bearer ${token}`]);
  return own;
}

function listOf(headers: readonly Header[]): Headers {
  return headers.map(({ name, value }) => [name, value]);
}

function statusOf(error: unknown): Status {
  const { code, rawMessage } = ConnectError.from(error);
  const name = Code[code].replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
  return failure(name, `the relay: ${rawMessage}`);
}
