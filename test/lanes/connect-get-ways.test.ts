import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { create, type DescMethod, toBinary } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { startServer, type TestServer } from "../support/server.ts";

const { getUser, createUser, exportUsers, listUsers } = DirectoryService.method;
const pathOf = ({ name, parent }: DescMethod) => `/${parent.typeName}/${name}`;
const path = pathOf(getUser);
const binary = toBinary(getUser.input, create(getUser.input, { key: { case: "id", value: "1" } }));
const escaped = Array.from(binary, byte => `%${byte.toString(16).padStart(2, "0")}`).join("");
const json = `${path}?connect=v1&encoding=json&message=`;
const alice = `${json}%7B%22id%22%3A%221%22%7D`;

/** What a request is answered. */
interface Answer {
  /** Status line and fields in lower case, sorted: the two servers write them in an order and a case of their own. */
  readonly head: readonly string[];
  readonly body: string;
  /** Whether our own HTTP/1.1 wrote it: node:http has its names in upper case. */
  readonly isFast: boolean;
}

/** Reads the answer to the request that was sent last. */
async function answerOf(socket: Socket, method: string): Promise<Answer> {
  let text = "";
  for (;;) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    text += chunk.toString("latin1");
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) continue;
    const lines = text.slice(0, end).split("\r\n");
    const length = method === "HEAD" ? 0 : Number(lines.find(line => /^content-length:/i.test(line))?.slice(15));
    const body = text.slice(end + 4);
    if (body.length < length) continue;
    const head = lines.filter(line => !/^date:/i.test(line)).map(line => line.toLowerCase());
    return { head: head.sort(), body, isFast: lines.some(line => line.startsWith("connection:")) };
  }
}

/** Sends requests on one connection, and returns what the last is answered. */
async function ask(port: number, ...requests: readonly string[]): Promise<Answer> {
  const socket = connect(port, "127.0.0.1");
  try {
    let answer: Answer | undefined;
    for (const request of requests) {
      socket.write(request);
      answer = await answerOf(socket, request.slice(0, request.indexOf(" ")));
    }
    return answer as Answer;
  } finally {
    socket.destroy();
  }
}

function requestOf(target: string, lines: readonly string[], method = "GET"): string {
  return [`${method} ${target} HTTP/1.1`, "Host: localhost", "X-Request-Id: one", ...lines, "", ""].join("\r\n");
}

/** Makes a connection node:http's. */
const handsOver = requestOf("/livez", []);
/** Has the host see a request that would be answered ahead of it, and changes nothing else. */
const hosts = "Sec-Fetch-Site: none";

const settings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "by default": {},
  "where pages of elsewhere may call": { CORS_ORIGINS: "https://app.example.com" },
};
for (const [title, env] of Object.entries(settings)) {
  describe(`Connect's GET over HTTP/1.1, ${title}`, () => {
    let server: TestServer;
    before(async () => {
      server = await startServer({ ...env, LANE: "wire", HTTP_ENGINE: "engine", MAX_MESSAGE_BYTES: "9000" });
    });
    after(() => server[Symbol.asyncDispose]());

    /** Checks that a request is answered alike by all of its ways; returns the answer. */
    async function same(target: string, lines: readonly string[], isFast: boolean, method?: string): Promise<Answer> {
      const { port } = server;
      const request = requestOf(target, lines, method);
      const first = await ask(port, request);
      assert.equal(first.isFast, isFast, target);
      const { head, body } = first;
      const byNode = await ask(port, handsOver, request);
      assert.deepEqual(byNode, { head, body, isFast: false }, `${target} by node:http`);
      const byHost = await ask(port, requestOf(target, [hosts, ...lines], method));
      assert.deepEqual(byHost, { head, body, isFast: false }, `${target} by the host`);
      return first;
    }

    const fast: readonly (readonly [what: string, status: number, target: string, ...lines: string[]])[] = [
      ["JSON", 200, alice],
      ["JSON that is not escaped", 200, `${json}{"id":"1"}`],
      ["blanks and small hex digits", 200, `${json}%7b%22id%22:+%221%22%7d`],
      ["a parameter's name that is escaped", 200, alice.replace("message", "%6dessage")],
      ["parameters in another order, and others", 200, `${path}?a&message={"id":"1"}&=&encoding=json&b=c`],
      ["a parameter twice: the first counts", 200, `${alice}&message=%7B&encoding=xml`],
      ["no version", 200, alice.replace("connect=v1&", "")],
      ["a fragment", 400, `${alice}#a`],
      ["binary", 200, `${path}?connect=v1&encoding=proto&message=${escaped}`],
      ["base64", 200, `${path}?connect=v1&encoding=proto&base64=1&message=${base64Encode(binary, "url")}`],
      ["gzip", 200, `${json}${base64Encode(gzipSync('{"id":"1"}'), "url")}&base64=1&compression=gzip`],
      ["no message", 400, `${path}?encoding=json`],
      ["an empty message in binary", 400, `${path}?encoding=proto&message=`],
      ["no user", 404, `${json}{"id":"77"}`],
      ["no JSON", 400, `${json}%7B`],
      ["a % without digits", 400, `${json}%`],
      ["a % with wrong digits", 400, `${json}{"id":"%zz"}%`],
      ["a % that would be a % once more", 404, `${json}{"id":"%2531"}`],
      ["JSON that is not UTF-8", 400, `${json}%7B%22id%22:%22%EB%22%7D`],
      ["a control character", 400, `${json}%7B%22id%22:%22%00%22%7D`],
      ["no base64", 400, `${json}%&base64=1`],
      ["an unknown compression", 501, `${alice}&compression=zstd`],
      ["a message that is too large", 429, `${json}{"id":"${"x".repeat(9000)}"}`],
      ["a field that is too long", 400, `${json}{"id":"${"1".repeat(8000)}"}`],
      ["a list", 200, `${pathOf(listUsers)}?encoding=json&message=%7B%7D`],
      ["a list, compressed", 200, `${pathOf(listUsers)}?encoding=json&message=%7B%7D`, "Accept-Encoding: gzip"],
      ["a deadline", 200, alice, "Connect-Timeout-Ms: 60000"],
      ["no deadline", 400, alice, "Connect-Timeout-Ms: soon"],
      ["a token", 200, alice, "Authorization: Bearer x"],
      ["a token, and an error", 404, `${json}{"id":"77"}`, "Authorization: Bearer x"],
      ["a version of the protocol", 200, alice, "Connect-Protocol-Version: 1", "Accept: */*", "User-Agent: test"],
    ];
    for (const [what, status, target, ...lines] of fast) {
      test(`${what}: ${status} by the fast path, by node:http and by the host`, async () => {
        const { head } = await same(target, lines, true);
        assert.ok(
          head.some(line => line.startsWith(`http/1.1 ${status} `)),
          head.join("\n"),
        );
        assert.ok(head.includes("x-content-type-options: nosniff"), head.join("\n"));
      });
    }

    const foreign: readonly (readonly [what: string, status: number, target: string, method?: string])[] = [
      ["no query", 415, path],
      ["an empty query", 415, `${path}?`],
      ["no encoding", 415, `${path}?connect=v1&message=%7B%7D`],
      ["an unknown encoding", 415, `${path}?encoding=xml&message=%7B%7D`],
      ["what has side effects", 405, `${pathOf(createUser)}?encoding=json&message=%7B%7D`],
      ["a stream", 405, `${pathOf(exportUsers)}?encoding=json&message=%7B%7D`],
      ["what is no method", 404, `/${DirectoryService.typeName}/None?encoding=json&message=%7B%7D`],
      ["a path with a slash behind it", 404, alice.replace("?", "/?")],
      ["HEAD", 200, alice, "HEAD"],
    ];
    for (const [what, status, target, method] of foreign) {
      test(`${what}: ${status}, and not by the fast path`, async () => {
        const { head } = await same(target, [], false, method);
        assert.ok(
          head.some(line => line.startsWith(`http/1.1 ${status} `)),
          head.join("\n"),
        );
      });
    }

    test("a content type, a body's length, and an origin are not the fast path's", async () => {
      await same(alice, ["Content-Type: application/json"], false);
      await same(alice, ["Content-Length: 0"], false);
      await same(alice, ["Origin: https://app.example.com"], false);
    });

    test("a name that is not this server's is refused", async () => {
      const { head, isFast } = await ask(server.port, requestOf(alice, []).replace("localhost", "evil.example"));
      assert.deepEqual([isFast, head.some(line => line.startsWith("http/1.1 403 "))], [false, true]);
    });

    test("heads of 16,384 bytes at most are the fast path's, and much longer ones are refused", async () => {
      // The message is small, so only the head counts.
      const padded = (length: number) => {
        const rest = length - requestOf(`${alice}&pad=`, []).length;
        return requestOf(`${alice}&pad=${"x".repeat(rest)}`, []);
      };
      const { port } = server;
      const longest = await ask(port, padded(16_384));
      assert.equal(longest.isFast, true);
      const longer = await ask(port, padded(16_385));
      assert.deepEqual(longer, { ...longest, isFast: false });
      const refused = await ask(port, padded(20_000));
      assert.ok(
        refused.head.some(line => line.startsWith("http/1.1 431 ")),
        refused.head.join("\n"),
      );
    });

    test("it is one call in the log", async () => {
      const request = requestOf(alice, []).replace("X-Request-Id: one", "X-Request-Id: logged");
      assert.equal((await ask(server.port, request)).isFast, true);
      const line = await server.line(({ requestId }) => requestId === "logged");
      const method = `${DirectoryService.typeName}/GetUser`;
      assert.deepEqual(
        [line.msg, line.protocol, line.http, line.method, line.code],
        ["call", "connect", "1.1", method, "OK"],
      );
    });
  });
}
