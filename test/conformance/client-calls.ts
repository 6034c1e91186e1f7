import { setTimeout } from "node:timers/promises";
import { create, type Message } from "@bufbuild/protobuf";
import { type Any, anyPack, anyUnpack } from "@bufbuild/protobuf/wkt";
import { type CallOptions, ConnectError } from "@connectrpc/connect";
import type { ClientRequest, Header, loadSchema } from "./schema.ts";

type Schema = ReturnType<typeof loadSchema>;
type Reply = Message & { readonly payload?: object };
type Unary = (request: Message, options: CallOptions) => Promise<Reply>;
type ClientStream = (requests: AsyncIterable<Message>, options: CallOptions) => Promise<Reply>;
type ServerStream = (request: Message, options: CallOptions) => AsyncIterable<Reply>;
type Bidi = (requests: AsyncIterable<Message>, options: CallOptions) => AsyncIterable<Reply>;

/** A client of the suite's service. */
export type SuiteClient = Readonly<Record<string, unknown>>;

/** `ClientResponseResult`, as it comes together. */
interface Outcome {
  responseHeaders: Header[];
  responseTrailers: Header[];
  payloads: object[];
  error?: object;
  numUnsentRequests: number;
}

/** Makes a call as the suite tells, and tells what came of it. */
export async function callAsTold(schema: Schema, client: SuiteClient, request: ClientRequest): Promise<object> {
  const outcome: Outcome = { responseHeaders: [], responseTrailers: [], payloads: [], numUnsentRequests: 0 };
  const requests = request.requestMessages.map(message => unpacked(schema, message));
  const method = `${request.method?.[0]?.toLowerCase()}${request.method?.slice(1)}`;
  const leave = new AbortController();
  const options: CallOptions = {
    headers: headersOf(request.requestHeaders),
    signal: leave.signal,
    timeoutMs: request.timeoutMs,
    onHeader: header => outcome.responseHeaders.push(...listOf(header)),
    onTrailer: trailer => outcome.responseTrailers.push(...listOf(trailer)),
  };
  const cancel = new Canceling(request, leave);
  const call = client[method];
  try {
    switch (request.streamType) {
      case 1:
        await setTimeout(request.requestDelayMs);
        cancel.closedSend();
        push(outcome, await (call as Unary)(requests[0] as Message, options));
        break;
      case 2:
        push(outcome, await (call as ClientStream)(spaced(requests, request, cancel, outcome), options));
        break;
      case 3:
        await setTimeout(request.requestDelayMs);
        cancel.closedSend();
        await readAll((call as ServerStream)(requests[0] as Message, options), outcome, cancel);
        break;
      case 4:
        await readAll((call as Bidi)(spaced(requests, request, cancel, outcome), options), outcome, cancel);
        break;
      default:
        await takeTurns(call as Bidi, requests, request, options, cancel, outcome);
    }
  } catch (reason) {
    const error = ConnectError.from(reason);
    if (outcome.responseHeaders.length === 0) outcome.responseHeaders = listOf(error.metadata);
    if (outcome.responseTrailers.length === 0) outcome.responseTrailers = listOf(error.metadata);
    outcome.error = { code: error.code, message: error.rawMessage, details: detailsOf(error) };
  }
  return outcome;
}

/** When the suite wants a call canceled. */
class Canceling {
  readonly #timing: ClientRequest["cancel"];
  readonly #leave: AbortController;
  #replies = 0;

  constructor({ cancel }: ClientRequest, leave: AbortController) {
    this.#timing = cancel;
    this.#leave = leave;
  }

  /** All but the end of the request is sent. */
  beforeCloseSend(): boolean {
    if (this.#timing?.cancelTiming.case !== "beforeCloseSend") return false;
    this.#leave.abort();
    return true;
  }

  /** The request is sent, or is about to be by a call that does both at once. */
  closedSend(): void {
    const timing = this.#timing?.cancelTiming;
    if (timing?.case !== "afterCloseSendMs") return;
    void setTimeout(timing.value).then(() => this.#leave.abort());
  }

  replied(): void {
    const timing = this.#timing?.cancelTiming;
    if (timing?.case === "afterNumResponses" && ++this.#replies === timing.value) this.#leave.abort();
  }

  /** Before any reply. */
  begun(): void {
    const timing = this.#timing?.cancelTiming;
    if (timing?.case === "afterNumResponses" && timing.value === 0) this.#leave.abort();
  }
}

async function* spaced(
  requests: readonly Message[],
  { requestDelayMs }: ClientRequest,
  cancel: Canceling,
  outcome: Outcome,
): AsyncGenerator<Message> {
  outcome.numUnsentRequests = requests.length;
  for (const request of requests) {
    await setTimeout(requestDelayMs);
    yield request;
    outcome.numUnsentRequests--;
  }
  if (!cancel.beforeCloseSend()) cancel.closedSend();
}

async function readAll(replies: AsyncIterable<Reply>, outcome: Outcome, cancel: Canceling): Promise<void> {
  cancel.begun();
  for await (const reply of replies) {
    push(outcome, reply);
    cancel.replied();
  }
}

/** Full duplex: a request, its reply, the next one; and what is left of the replies. */
async function takeTurns(
  call: Bidi,
  requests: readonly Message[],
  { requestDelayMs }: ClientRequest,
  options: CallOptions,
  cancel: Canceling,
  outcome: Outcome,
): Promise<void> {
  let replied = Promise.withResolvers<boolean>();
  outcome.numUnsentRequests = requests.length;
  async function* turns(): AsyncGenerator<Message> {
    for (const [index, request] of requests.entries()) {
      await setTimeout(requestDelayMs);
      replied = Promise.withResolvers();
      yield request;
      outcome.numUnsentRequests--;
      if (index < requests.length - 1 && !(await replied.promise)) return;
    }
    await replied.promise;
    if (!cancel.beforeCloseSend()) cancel.closedSend();
  }
  cancel.begun();
  try {
    for await (const reply of call(turns(), options)) {
      push(outcome, reply);
      cancel.replied();
      replied.resolve(true);
    }
  } finally {
    replied.resolve(false);
  }
}

function push(outcome: Outcome, { payload = {} }: Reply): void {
  outcome.payloads.push(payload);
}

function unpacked({ registry }: Schema, message: Any): Message {
  const found = anyUnpack(message, registry);
  if (found === undefined) throw new Error(`${message.typeUrl} is unknown`);
  return found;
}

function headersOf(list: readonly Header[]): Headers {
  const headers = new Headers();
  for (const { name, value } of list) for (const item of value) headers.append(name, item);
  return headers;
}

function listOf(headers: Headers): Header[] {
  return Array.from(headers, ([name, value]) => ({ name, value: [value] }));
}

function detailsOf(error: ConnectError): object[] {
  return error.details.map(detail => {
    if ("desc" in detail) return anyPack(detail.desc, create(detail.desc, detail.value));
    return { $typeName: "google.protobuf.Any", typeUrl: `type.googleapis.com/${detail.type}`, value: detail.value };
  });
}
