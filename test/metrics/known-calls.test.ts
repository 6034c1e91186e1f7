import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Code, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { codeName } from "../../host/interceptors/call-end.ts";
import { nonZero, parseMetrics } from "../support/metrics.ts";
import { openHttp2 } from "../support/open-http2.ts";
import { codes, startGreeter } from "./counted-greeter.ts";

const { PermissionDenied, DeadlineExceeded, DataLoss, Canceled, InvalidArgument, Unavailable } = Code;

function transportsTo(baseUrl: string) {
  return {
    grpc: createGrpcTransport({ baseUrl }),
    "grpc-web": createGrpcWebTransport({ baseUrl, httpVersion: "2" }),
    connect: createConnectTransport({ baseUrl, httpVersion: "2" }),
  };
}

async function* people(...names: string[]) {
  for (const name of names) yield { name };
}

/** 24 calls: each kind, each code, refused, late, and left in mid-stream. */
async function callEachWay(client: ReturnType<typeof createClient<typeof Greeter>>): Promise<void> {
  await client.sayHello({});
  for (const code of codes) await assert.rejects(client.sayHello({ name: String(code) }), { code });
  // Told by hand: a client that knows its deadline leaves at the same time.
  const late = { headers: { "grpc-timeout": "20m", "connect-timeout-ms": "20" } };
  await assert.rejects(client.sayHello({ name: "wait" }, late), { code: DeadlineExceeded });
  assert.equal((await Array.fromAsync(client.sayHelloStream({ age: 3 }))).length, 3);
  await assert.rejects(Array.fromAsync(client.sayHelloStream({ age: 2, name: String(DataLoss) })), { code: DataLoss });
  await client.sayHelloToMany(people("", "", ""));
  assert.equal((await Array.fromAsync(client.chat(people("", "quiet", "")))).length, 2);
  const stranger = { headers: { "x-stranger": "1" } };
  await assert.rejects(client.sayHello({}, stranger), { code: PermissionDenied });

  const leave = new AbortController();
  const stream = client.sayHelloStream({ name: "wait", age: 1 }, { signal: leave.signal })[Symbol.asyncIterator]();
  await stream.next();
  leave.abort();
  await assert.rejects(stream.next(), { code: Canceled });
}

const callsEachWay = 24;

/** A client whose machine loses power in mid-stream. */
async function vanish(baseUrl: string): Promise<void> {
  const session = openHttp2(baseUrl);
  const stream = session.request({
    ":method": "POST",
    ":path": "/greeter.Greeter/Chat",
    "content-type": "application/grpc",
    te: "trailers",
  });
  for (const emitter of [session, stream]) emitter.on("error", () => undefined);
  stream.write(Buffer.alloc(5));
  await once(stream, "data");
  session.socket.destroy();
}

/** What the run below comes to, by method, protocol and code. */
function expectedCalls(): Record<string, number> {
  const expected: Record<string, number> = {
    "greeter.Greeter/SayHello rest OK": 1,
    "greeter.Greeter/SayHello rest INVALID_ARGUMENT": 1,
    "greeter.Greeter/SayHelloStream rest OK": 1,
    // Its client vanished, and the server drained.
    "greeter.Greeter/Chat grpc CANCELED": 1,
    "greeter.Greeter/Chat grpc UNAVAILABLE": 1,
    "_OTHER connect UNIMPLEMENTED": 2,
  };
  for (const protocol of ["grpc", "grpc-web", "connect"]) {
    for (const code of codes) expected[`greeter.Greeter/SayHello ${protocol} ${codeName(code)}`] = 1;
    expected[`greeter.Greeter/SayHello ${protocol} OK`] = 1;
    // Both as asked for, and as it came to be.
    expected[`greeter.Greeter/SayHello ${protocol} PERMISSION_DENIED`] = 2;
    expected[`greeter.Greeter/SayHello ${protocol} DEADLINE_EXCEEDED`] = 2;
    for (const code of ["OK", "DATA_LOSS", "CANCELED"])
      expected[`greeter.Greeter/SayHelloStream ${protocol} ${code}`] = 1;
    expected[`greeter.Greeter/SayHelloToMany ${protocol} OK`] = 1;
    expected[`greeter.Greeter/Chat ${protocol} OK`] = 1;
  }
  return expected;
}

/** By go-grpc-middleware's labels: the same, whatever the protocol. */
const expectedMessages = {
  received: {
    "unary SayHello": 3 * 18 + 2,
    "server_stream SayHelloStream": 3 * 3 + 1,
    "client_stream SayHelloToMany": 9,
    "bidi_stream Chat": 9 + 2,
  },
  sent: {
    "unary SayHello": 3 + 1,
    "server_stream SayHelloStream": 3 * 6 + 2,
    "client_stream SayHelloToMany": 3,
    "bidi_stream Chat": 3 * 2 + 2,
  },
};

/** One message, and then none until the end. */
async function* untilAborted(signal: AbortSignal) {
  yield {};
  await once(signal, "abort");
}

for (const lane of ["wire", "connect"] as const) {
  test(`a run of known calls gives exactly the known counts on the ${lane} lane`, async () => {
    await using server = await startGreeter(lane);
    const { host, baseUrl, ended } = server;
    const read = async () => parseMetrics((await host.metrics?.write("prometheus")) ?? "");
    const inFlight = async () => nonZero(await read(), "concierge_calls_in_flight", "method", "kind");
    const transports = transportsTo(baseUrl);
    for (const transport of Object.values(transports)) await callEachWay(createClient(Greeter, transport));
    for (const path of ["/v1/greetings", `/v1/greetings?name=${InvalidArgument}`, "/v1/greetings:stream?age=2"]) {
      await (await fetch(baseUrl + path)).text();
    }
    const headers = { "content-type": "application/json" };
    for (const path of ["/no.Such/Method", "/no.Such/Other"]) {
      assert.equal((await fetch(baseUrl + path, { method: "POST", headers, body: "{}" })).status, 404);
    }
    await vanish(baseUrl);
    await ended(3 * callsEachWay + 4);
    assert.deepEqual(await inFlight(), {});

    const left = new AbortController();
    const chat = createClient(Greeter, transports.grpc).chat(untilAborted(left.signal))[Symbol.asyncIterator]();
    await chat.next();
    assert.deepEqual(await inFlight(), { "greeter.Greeter/Chat bidi_streaming": 1 });
    const closed = host.close();
    await assert.rejects(chat.next(), { code: Unavailable });
    left.abort();
    await closed;

    const samples = await read();
    assert.deepEqual(nonZero(samples, "concierge_calls_total", "method", "protocol", "code"), expectedCalls());
    const kinds = ["grpc_type", "grpc_method"];
    assert.deepEqual(nonZero(samples, "grpc_server_msg_received_total", ...kinds), expectedMessages.received);
    assert.deepEqual(nonZero(samples, "grpc_server_msg_sent_total", ...kinds), expectedMessages.sent);

    const started = nonZero(samples, "grpc_server_started_total", ...kinds);
    assert.deepEqual(started, {
      "unary SayHello": 3 * 19 + 2,
      "server_stream SayHelloStream": 3 * 3 + 1,
      "client_stream SayHelloToMany": 3,
      "bidi_stream Chat": 3 + 2,
      "unary _OTHER": 2,
    });
    assert.deepEqual(nonZero(samples, "grpc_server_handling_seconds_count", ...kinds), started);
    const codesSeen = nonZero(samples, "grpc_server_handled_total", "grpc_method", "grpc_code");
    assert.equal(codesSeen["SayHello PermissionDenied"], 6);
    assert.equal(codesSeen["SayHello NotFound"], 3);
    assert.equal(codesSeen["_OTHER Unimplemented"], 2);
    const firsts = nonZero(samples, "concierge_stream_first_message_seconds_count", "method");
    assert.deepEqual(firsts, {
      "greeter.Greeter/SayHelloStream": 10,
      "greeter.Greeter/SayHelloToMany": 3,
      "greeter.Greeter/Chat": 5,
    });
    const systems = nonZero(
      samples,
      "rpc_server_call_duration_seconds_count",
      "rpc_system_name",
      "rpc_method",
      "rpc_status_code",
      "error_type",
    );
    assert.equal(systems["grpc greeter.Greeter/SayHello NOT_FOUND"], 2);
    assert.equal(systems["connectrpc greeter.Greeter/SayHello NOT_FOUND"], 1);
    assert.equal(systems["grpc greeter.Greeter/SayHello INTERNAL INTERNAL"], 2);
    assert.equal(systems["connectrpc _OTHER UNIMPLEMENTED UNIMPLEMENTED"], 2);
  });
}

test("every method is there from the start, with 0 of each code", async () => {
  await using server = await startGreeter("wire");
  const samples = parseMetrics((await server.host.metrics?.write("prometheus")) ?? "");
  for (const method of ["SayHello", "SayHelloStream", "SayHelloToMany", "Chat", "Check", "Watch", "_OTHER"]) {
    const of = (name: string) =>
      samples.filter(({ name: own, labels }) => own === name && labels.grpc_method === method);
    assert.deepEqual(
      of("grpc_server_handled_total").map(({ value }) => value),
      Array(17).fill(0),
    );
    for (const name of ["started_total", "msg_received_total", "msg_sent_total", "handling_seconds_count"])
      assert.deepEqual(
        of(`grpc_server_${name}`).map(({ value }) => value),
        [0],
      );
  }
});
