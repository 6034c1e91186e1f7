import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { JsonValue } from "@bufbuild/protobuf";
import { splitWords } from "../../shell-words.ts";
import { readSchema } from "../schema/schema.ts";
import type { CommandCall } from "./command-call.ts";
import { curlCommand } from "./curl.ts";
import { bufCurlCommand, grpcurlCommand } from "./grpc-tools.ts";
import { parseCommand } from "./parse-command.ts";
import { pythonProgram } from "./python.ts";
import { typescriptProgram } from "./typescript.ts";

const schema = readSchema(readFileSync(new URL("../../../../gen/descriptors.binpb", import.meta.url)));

/** Texts that a shell, a program or a pipe might read something into. */
const hard = ["it's", '"$HOME" `id` $(id)', "a\\b\n\tc", "Grüße 🙂", "-d @file", "%s %d \\101", "!!", "'\\''"];

function callOf(path: string, messages: JsonValue[], more: Partial<CommandCall> = {}): CommandCall {
  const method = schema.methods.get(path);
  assert.ok(method, path);
  const { registry } = schema;
  const origin = "http://localhost:50051";
  return {
    method,
    messages,
    registry,
    origin,
    protocol: "connect-json",
    headers: [],
    deadlineMs: undefined,
    signedIn: false,
    ...more,
  };
}

function jsonOf(texts: readonly string[]): JsonValue[] {
  return texts.map(text => JSON.parse(text) as JsonValue);
}

test("a copied line of curl is read back as the call it was, whatever the protocol, the kind and the texts", () => {
  for (const protocol of ["connect-json", "connect-proto", "grpc-web", "grpc"] as const) {
    for (const path of ["greeter.Greeter/SayHello", "greeter.Greeter/SayHelloStream", "greeter.Greeter/Chat"]) {
      const names = path.endsWith("Chat") ? hard : hard.slice(0, 1);
      for (const name of path.endsWith("Chat") ? ["all"] : hard) {
        const messages = path.endsWith("Chat") ? names.map(each => ({ name: each })) : [{ name }];
        const headers = [["x-mine", "it's $5"]] as const;
        const call = callOf(path, messages, { protocol, headers, deadlineMs: 1500, signedIn: true });
        const line = curlCommand(call);
        const parsed = parseCommand(line, schema);
        assert.deepEqual(jsonOf(parsed.messages), messages, line);
        assert.deepEqual([parsed.method.path, parsed.protocol, parsed.deadlineMs], [path, protocol, 1500]);
        assert.deepEqual([parsed.headers, parsed.token], [headers, ""]);
      }
    }
  }
});

test("so is one of grpcurl", () => {
  const messages = hard.map(name => ({ name }));
  const call = callOf("greeter.Greeter/Chat", messages, { deadlineMs: 2500, headers: [["x-mine", "a"]] });
  const parsed = parseCommand(grpcurlCommand(call), schema);
  assert.deepEqual(jsonOf(parsed.messages), messages);
  assert.deepEqual([parsed.protocol, parsed.deadlineMs, parsed.headers], ["grpc", 2500, [["x-mine", "a"]]]);
});

test("a shell splits the lines into the words that are meant", () => {
  const messages = hard.map(name => ({ name }));
  for (const command of [grpcurlCommand, bufCurlCommand]) {
    const line = command(callOf("greeter.Greeter/Chat", messages, { signedIn: true }));
    const words = execFileSync("sh", ["-c", `printf '%s\\0' ${line}`], {
      env: { ...process.env, TOKEN: "t" },
      encoding: "utf8",
    });
    const expected = splitWords(line).map(word => word.replace("$TOKEN", "t"));
    assert.deepEqual(words.split("\0").slice(0, -1), expected);
    assert.deepEqual(jsonOf([`[${expected[expected.indexOf("-d") + 1]?.replaceAll("}{", "},{")}]`]), [messages]);
  }
});

test("what a shell's printf writes for a binary message is the message", () => {
  const line = curlCommand(callOf("greeter.Greeter/SayHello", [{ name: "Grüße" }], { protocol: "grpc-web" }));
  const bytes = execFileSync("sh", ["-c", line.slice(0, line.indexOf("|"))]);
  assert.deepEqual([...bytes.subarray(0, 7)], [0, 0, 0, 0, 9, 10, 7]);
  assert.equal(bytes.subarray(7).toString(), "Grüße");
});

test("a line as people write them is read: short forms, lines that go on, a token, a deadline", () => {
  const parsed = parseCommand(
    `$ curl -sS -XPOST -m 1.5 'http://localhost:50051/greeter.Greeter/SayHello' \\
      -H'Content-Type: application/json' --header "Authorization: Bearer abc" -H "X-Trace: 1" \\
      -d$'{"name":"it\\'s \\u00e9"}' | jq .`,
    schema,
  );
  assert.equal(parsed.method.path, "greeter.Greeter/SayHello");
  assert.deepEqual(jsonOf(parsed.messages), [{ name: "it's é" }]);
  assert.deepEqual([parsed.token, parsed.deadlineMs, parsed.headers], ["abc", 1500, [["x-trace", "1"]]]);
  const dotted = parseCommand("grpcurl -plaintext -d='{}' localhost:1 greeter.Greeter.SayHello", schema);
  assert.equal(dotted.method.path, "greeter.Greeter/SayHello");
  assert.deepEqual(dotted.messages, ["{}"]);
});

test("a line that is none, or that a page cannot know, is refused with what is wrong", () => {
  for (const [line, problem] of [
    ["wget http://localhost", /no line of curl/],
    ["curl -s", /no address/],
    ["curl 'http://localhost", /' has no end/],
    ["curl http://localhost/greeter.Greeter/Nothing", /no method greeter.Greeter\/Nothing/],
    ["curl -d @file.json http://localhost/greeter.Greeter/SayHello", /in a file, file.json/],
    ["curl -d '{' http://localhost/greeter.Greeter/SayHello", /JSON/],
    ["grpcurl -plaintext localhost:1 list", /calls no method/],
  ] as const) {
    assert.throws(() => parseCommand(line, schema), problem);
  }
});

test("plain HTTP has its own path, query and body", () => {
  const get = callOf("concierge.directory.v1.DirectoryService/GetUser", [{ id: "1" }], { protocol: "rest" });
  assert.equal(curlCommand(get), "curl http://localhost:50051/v1/users/1");
  const remove = callOf("concierge.directory.v1.DirectoryService/DeleteUser", [{ id: "1" }], { protocol: "rest" });
  assert.equal(curlCommand(remove), "curl -X DELETE http://localhost:50051/v1/users/1");
});

test("a copied line of plain HTTP is read back as the call it was", () => {
  const service = "concierge.directory.v1.DirectoryService";
  for (const [method, message] of [
    ["GetUser", { id: "1" }],
    ["GetUser", { email: "bob@example.com" }],
    ["DeleteUser", { id: "1" }],
    ["BatchGetUsers", { ids: ["1", "2"] }],
    ["ListUsers", { pageSize: 10, filter: 'role = "A" & b', includeTotalSize: true }],
    ["CreateUser", { user: { name: "it's", email: "a@example.com" }, requestId: "r" }],
  ] as const) {
    const call = callOf(`${service}/${method}`, [message as unknown as JsonValue], { protocol: "rest", deadlineMs: 5 });
    const line = curlCommand(call);
    const parsed = parseCommand(line, schema);
    assert.equal(parsed.method.name, method, line);
    assert.deepEqual(jsonOf(parsed.messages), [message], line);
    assert.deepEqual([parsed.protocol, parsed.deadlineMs], ["rest", 5]);
  }
});

test("no command has the token, and all that need one name the shell's variable", () => {
  const call = callOf("greeter.Greeter/SayHello", [{ name: "Ada" }], {
    signedIn: true,
    headers: [["authorization", "secret"]],
  });
  for (const command of [curlCommand, grpcurlCommand, bufCurlCommand, typescriptProgram, pythonProgram]) {
    const text = command(call);
    assert.ok(!text.includes("secret"), text);
    assert.match(text, /TOKEN/);
  }
});

test("programs name the contracts as their generators do", () => {
  const call = callOf("greeter.Greeter/Chat", [{ name: "Ada" }, { name: "it's" }], {
    protocol: "grpc",
    deadlineMs: 500,
  });
  const typescript = typescriptProgram(call);
  assert.match(typescript, /import \{ Greeter, HelloRequestSchema \} from "\.\/gen\/greeter\/greeter_pb\.js";/);
  assert.match(typescript, /for await \(const reply of client\.chat\(requests\(\), \{ timeoutMs: 500 \}\)\)/);
  const python = pythonProgram(call);
  assert.match(python, /stub = greeter\.greeter_pb2_grpc\.GreeterStub\(channel\)/);
  assert.match(python, /ParseDict\(\{"name": "it's"\}, greeter\.greeter_pb2\.HelloRequest\(\)\)/);
  assert.match(python, /for reply in stub\.Chat\(iter\(requests\), timeout=0\.5\):/);
});

test("a copied program of Python is one", () => {
  const call = callOf("concierge.directory.v1.DirectoryService/ListUsers", [
    { filter: 'role = "a"', includeTotalSize: true },
  ]);
  assert.match(pythonProgram(call), /ParseDict\(\{"filter": "role = \\"a\\"", "includeTotalSize": True\}/);
});
