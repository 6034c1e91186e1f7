import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { makeFolder } from "../support/certificates.ts";
import { commandScript, jsonLines, runCommand, startCommand, watchProcess } from "../support/command-line.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let env: Record<string, string>;
before(async () => {
  server = await startServer();
  env = { CONCIERGE_URL: server.baseUrl };
});
after(() => server[Symbol.asyncDispose]());

const concierge = (args: readonly string[], input = "") => runCommand(args, { env, input });

function messages(text: string): unknown[] {
  return jsonLines(text).map(({ message }) => message);
}

for (const protocol of ["connect", "grpc", "grpc-web"]) {
  test(`call makes each kind of call by reflection alone, over ${protocol}`, async () => {
    const call = async (method: string, ...rest: string[]) => {
      const { stdout, stderr } = await concierge([
        "call",
        `greeter.Greeter/${method}`,
        "--protocol",
        protocol,
        ...rest,
      ]);
      assert.equal(stderr, "");
      return messages(stdout);
    };
    const [unary, stream, many, chat] = await Promise.all([
      call("SayHello", "-d", '{\n"name":"Ada",\n"age":36}'),
      call("SayHelloStream", "-d", '{"name":"Ada"}'),
      call("SayHelloToMany", "-d", '{"age":28}\n{"age":35}\n\n{"age":22}\n{"age":40}\n'),
      concierge(["call", "greeter.Greeter/Chat", "--protocol", protocol], '{"name":"one"}\n{"name":"two"}').then(
        ({ stdout }) => messages(stdout),
      ),
    ]);
    assert.deepEqual(unary, ["Hello, Ada! You are 36 years old."]);
    assert.deepEqual(
      stream,
      [1, 2, 3, 4, 5].map(n => `Hello Ada! This is message #${n}`),
    );
    assert.deepEqual(many, ["Hello to 4 people! Average age: 31.2"]);
    assert.deepEqual(chat, ["Echo #1: one", "Echo #2: two"]);
  });
}

test("a conversation goes to and fro while the input is open", async () => {
  await using chat = startCommand(["call", "greeter.Greeter/Chat"], { env });
  chat.stdin.write('{"name":"one"}\n');
  await chat.said("stdout", /Echo #1: one/);
  chat.stdin.write('{"name":"two"}\n');
  await chat.said("stdout", /Echo #2: two/);
  chat.stdin.end();
  assert.equal((await chat.ended).exitCode, 0);
});

test("data comes from a file or standard input, too, and defaults and headers are shown on request", async () => {
  using folder = makeFolder();
  const file = folder.write("request.json", '{"name":"Ada"}');
  const [fromFile, fromInput, verbose] = await Promise.all([
    concierge(["call", "greeter.Greeter/SayHello", "-d", `@${file}`]),
    concierge(["call", "Greeter/SayHello", "-d", "@-"], '{"name":\n"World"}'),
    concierge(["call", "concierge.directory.v1.DirectoryService.GetUser", "-d", '{"id":"2"}', "--emit-defaults", "-v"]),
  ]);
  assert.deepEqual(messages(fromFile.stdout), ["Hello, Ada!"]);
  assert.equal(fromInput.stdout, '{"message":"Hello, World"}\n');
  assert.equal(JSON.parse(verbose.stdout).name, "Bob Smith");
  assert.match(verbose.stderr, /^x-request-id: /m);
  const failed = await concierge([
    "call",
    "concierge.directory.v1.DirectoryService/GetUser",
    "-d",
    '{"id":"999"}',
    "-v",
  ]);
  assert.match(failed.stderr, /^x-request-id: .*^error: NOT_FOUND: /ms);
});

test("the messages of a stream stand one in each line, several in a line, or one over several lines", async () => {
  const input = '\ufeff{"name":"one"} {"name":"two"}\r\n{\n  "name": "th}r\\"ee"\n}{"name":"four"}';
  const { stdout, stderr } = await concierge(["call", "greeter.Greeter/Chat"], input);
  assert.equal(stderr, "");
  assert.deepEqual(messages(stdout), ["Echo #1: one", "Echo #2: two", 'Echo #3: th}r"ee', "Echo #4: four"]);
});

test("a byte order mark is dropped, and bytes that are not UTF-8 are refused by their line, wherever they come from", async () => {
  using folder = makeFolder();
  const marked = folder.write("marked.json", '\ufeff{"name":"Zoë"}');
  const latin = folder.write("latin.json", Buffer.from('{\n"name":"Zo\xeb"}', "latin1"));
  const read = (method: string, file: string) => concierge(["call", `greeter.Greeter/${method}`, "-d", `@${file}`]);
  assert.deepEqual(messages((await read("SayHello", marked)).stdout), ["Hello, Zoë!"]);
  assert.deepEqual(messages((await read("Chat", marked)).stdout), ["Echo #1: Zoë"]);
  const told = `error: ${latin} line 2: holds bytes that are not UTF-8; save the file as UTF-8`;
  for (const method of ["SayHello", "Chat"]) {
    const { stdout, stderr, exitCode } = await read(method, latin);
    assert.deepEqual([stdout, stderr.slice(0, told.length), exitCode], ["", told, 67], method);
  }
  for (const args of [
    ["call", "greeter.Greeter/Chat"],
    ["call", "greeter.Greeter/SayHello", "-d", "@-"],
    ["greet", "--chat"],
  ]) {
    const { stderr, exitCode } = await runCommand(args, { env, input: Buffer.from("Zo\xeb\n", "latin1") });
    assert.match(stderr, /^error: standard input line 1: holds bytes that are not UTF-8;/, args.join(" "));
    assert.equal(exitCode, 67);
  }
  const { stderr, exitCode } = await read("SayHello", "none.json");
  assert.deepEqual([stderr, exitCode], ["error: ENOENT: no such file or directory, open 'none.json'\n", 1]);
});

test("an argument whose bytes are not UTF-8 is refused", async () => {
  const line = `"${process.execPath}" "${commandScript}" greet "$(printf 'Zo\\353')"`;
  const { stderr, exitCode } = await watchProcess("sh", ["-c", line], { env }).ended;
  assert.match(stderr, /^error: argument "Zo\ufffd" holds bytes that are not UTF-8\n {2}hint: /);
  assert.equal(exitCode, 64);
});

test("what cannot be called is told with what there is", async () => {
  for (const [args, input, exitCode, message] of [
    [["call", "SayHello"], "", 64, /^error: "SayHello" must be SERVICE\/METHOD/],
    [
      ["call", "greeter.Greeter"],
      "",
      64,
      /^error: "greeter\.Greeter" is a service; name a method of it, as greeter\.Greeter\/METHOD\n {2}hint: its methods: SayHello, /,
    ],
    [
      ["call", "greeter.Greeter/Wave"],
      "",
      76,
      /has no method "Wave"\n {2}hint: its methods: SayHello, SayHelloStream, /,
    ],
    [["call", "a.B/C"], "", 76, /^error: there is no service "a\.B"\n {2}hint: its services: Greeter, UserService, /],
    [
      ["call", "Greeter/SayHello", "-d", '{"nam":"x"}'],
      "",
      67,
      /^error: --data is no HelloRequest: .*key "nam" is unknown\n {2}hint: its fields: name\n/,
    ],
    [
      ["call", "concierge.directory.v1.DirectoryService/CreateUser", "-d", '{"user":{"role":"admin"}}'],
      "",
      67,
      /cannot decode enum .*"admin"\n {2}hint: its values: ROLE_UNSPECIFIED, ROLE_VIEWER, /,
    ],
    [["call", "Greeter/SayHello", "-d", "{"], "", 64, /^error: --data is no HelloRequest: /],
    [
      ["call", "greeter.Greeter/Chat"],
      '{"name":"x"}\n{\n',
      67,
      /^error: message in line 2 is no greeter\.HelloRequest: /,
    ],
    [["describe", "no.Thing"], "", 69, /^error: there is no "no\.Thing"\n/],
  ] as const) {
    const result = await concierge(args, input);
    assert.match(result.stderr, message);
    assert.equal(result.exitCode, exitCode, args.join(" "));
  }
});

test("list and describe show what is served", async () => {
  const [services, methods, service, method, message, role] = await Promise.all([
    concierge(["list"]),
    concierge(["list", "Greeter"]),
    concierge(["describe", "greeter.Greeter", "--protocol", "grpc"]),
    concierge(["describe", "greeter.Greeter/SayHello"]),
    concierge(["describe", "concierge.directory.v1.User"]),
    concierge(["describe", "concierge.directory.v1.Role"]),
  ]);
  assert.match(services.stdout, /^concierge\.directory\.v1\.DirectoryService\ngreeter\.Greeter\n/m);
  assert.equal(methods.stdout, "Greeter/SayHello\n");
  assert.match(
    service.stdout,
    /^ {2}rpc Chat\(stream greeter\.HelloRequest\) returns \(stream greeter\.HelloReply\);$/m,
  );
  assert.match(
    method.stdout,
    /^\/\/ GET \/v1\/greetings\/\{name\}\n\/\/ GET \/v1\/greetings\nrpc SayHello\(.*\);\n\nmessage greeter\.HelloRequest {\n {2}string name = 1;.*}\n\nmessage greeter\.HelloReply {/s,
  );
  assert.match(message.stdout, /^ {2}optional int32 age = 5;$/m);
  assert.match(role.stdout, /^ {2}ROLE_ADMIN = 3;$/m);
});

test("a server that speaks gRPC alone is told apart", async () => {
  const grpc = new Server();
  const port = await promisify(grpc.bindAsync.bind(grpc))("127.0.0.1:0", ServerCredentials.createInsecure());
  const { stderr } = await concierge(["list", "--url", `127.0.0.1:${port}`]);
  grpc.forceShutdown();
  assert.match(
    stderr,
    /^error: UNKNOWN: HTTP 415\n {2}hint: where the server speaks gRPC alone, call it with --protocol grpc/,
  );
});

test("a server that does not describe itself is told apart", async () => {
  await using closed = await startServer({ REFLECTION: "off" });
  const { exitCode, stderr } = await concierge(["list", "--url", closed.baseUrl]);
  assert.equal(exitCode, 76);
  const [error, requestId, hint] = stderr.split("\n");
  assert.equal(error, "error: UNIMPLEMENTED: the server does not describe itself");
  assert.match(requestId ?? "", /^ {2}request id: [\da-f-]{36}$/);
  assert.match(hint ?? "", /^ {2}hint: give its contract with --proto or --protoset; .* REFLECTION=on$/);
});
