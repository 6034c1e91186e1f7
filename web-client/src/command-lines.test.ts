import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { curlLine, type GreetCall, grpcurlLine, restLine } from "./command-lines.ts";
import { shellQuote } from "./shell-words.ts";

const ada: GreetCall = {
  method: "SayHello",
  name: "Ada",
  age: 36,
  deadlineMs: undefined,
  signedIn: false,
  origin: "http://localhost:50051",
};

/** Names that a shell, JSON or printf could each read something into. */
const AWKWARD_NAMES = [
  "O'Brien",
  "''",
  'a "b" c',
  "back\\slash \\n",
  "$HOME `id` $(id)",
  "100 %s %d",
  "Zoë 🛎️",
  "!!",
  "@f",
  "<&>",
];

/** What `sh` passes on to the program that follows `args`, one argument a line. */
function shell(line: string): string {
  const { status, stdout, stderr } = spawnSync("sh", ["-c", line], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout;
}

test("the curl line of a unary call is one JSON post", () => {
  assert.equal(
    curlLine(ada),
    `curl -H 'content-type: application/json' -d '{"name":"Ada","age":36}' http://localhost:50051/greeter.Greeter/SayHello`,
  );
});

test("the line of plain HTTP is one GET, with the name in its path", () => {
  assert.equal(restLine(ada), "curl 'http://localhost:50051/v1/greetings/Ada?age=36'");
  assert.equal(restLine({ ...ada, age: 0 }), "curl http://localhost:50051/v1/greetings/Ada");
  const stream = { ...ada, age: 0, method: "SayHelloStream", deadlineMs: 1500, signedIn: true } as const;
  const headers = `-H 'connect-timeout-ms: 1500' -H "authorization: Bearer $TOKEN"`;
  assert.equal(restLine(stream), `curl -N ${headers} http://localhost:50051/v1/greetings/Ada:stream`);
  for (const name of ["", ".", ".."]) {
    assert.match(
      shell(`curl() { printf %s "$1"; }; ${restLine({ ...ada, name })}`),
      /\/v1\/greetings\?name=.*&age=36$/,
    );
  }
  for (const name of AWKWARD_NAMES) {
    const url = new URL(shell(`curl() { printf %s "$1"; }; ${restLine({ ...ada, name })}`));
    assert.equal(decodeURIComponent(url.pathname), `/v1/greetings/${name}`);
  }
});

test("a deadline travels with both lines", () => {
  const call = { ...ada, deadlineMs: 1500 };
  assert.match(curlLine(call), / -H 'connect-timeout-ms: 1500' /);
  assert.match(curlLine({ ...call, method: "SayHelloStream" }), / -H 'connect-timeout-ms: 1500' /);
  assert.match(grpcurlLine(call), / -max-time 1\.5 /);
});

test("a token comes from the shell's variable in both lines", () => {
  const call = { ...ada, signedIn: true };
  for (const method of ["SayHello", "SayHelloStream"] as const) {
    for (const line of [curlLine({ ...call, method }), grpcurlLine({ ...call, method })]) {
      assert.match(line, / -H "authorization: Bearer \$TOKEN" /);
    }
  }
  const printed = shell(`TOKEN=t0k3n; printf '%s\\n' ${grpcurlLine(call)}`);
  assert.ok(printed.split("\n").includes("authorization: Bearer t0k3n"), printed);
});

test("an unknown age is left out of the request", () => {
  assert.match(curlLine({ ...ada, age: 0 }), / -d '\{"name":"Ada"\}' /);
});

test("the grpcurl line speaks plaintext to http and TLS to https", () => {
  const call = { ...ada, age: 0 };
  assert.equal(grpcurlLine(call), `grpcurl -plaintext -d '{"name":"Ada"}' localhost:50051 greeter.Greeter/SayHello`);
  assert.equal(
    grpcurlLine({ ...call, origin: "https://example.com" }),
    `grpcurl -d '{"name":"Ada"}' example.com:443 greeter.Greeter/SayHello`,
  );
});

test("an IPv6 address is quoted, as its brackets are a pattern to a shell", () => {
  const call = { ...ada, origin: "http://[::1]:50051" };
  assert.match(curlLine(call), / 'http:\/\/\[::1\]:50051\/greeter\.Greeter\/SayHello'$/);
  assert.match(grpcurlLine(call), / '\[::1\]:50051' greeter\.Greeter\/SayHello$/);
});

test("a shell passes on any text exactly as it was quoted", () => {
  for (const name of AWKWARD_NAMES) assert.equal(shell(`printf %s ${shellQuote(name)}`), name);
});

test("the request that the unary lines send has the name as it was typed", () => {
  for (const name of AWKWARD_NAMES) {
    const printed = shell(`curl() { printf %s "$4"; }; ${curlLine({ ...ada, name })}`);
    assert.deepEqual(JSON.parse(printed), { name, age: 36 });
    const grpc = shell(`grpcurl() { printf %s "$3"; }; ${grpcurlLine({ ...ada, name })}`);
    assert.deepEqual(JSON.parse(grpc), { name, age: 36 });
  }
});

test("the curl line of a stream sends one envelope of the right length", () => {
  for (const name of [...AWKWARD_NAMES, "x".repeat(200), "é".repeat(120)]) {
    const line = curlLine({ ...ada, method: "SayHelloStream", name });
    const { status, stdout } = spawnSync("sh", ["-c", `curl() { cat; }; ${line}`]);
    assert.equal(status, 0);
    assert.equal(stdout[0], 0);
    assert.equal(stdout.readUInt32BE(1), stdout.length - 5);
    assert.deepEqual(JSON.parse(stdout.subarray(5).toString()), { name, age: 36 });
  }
});
