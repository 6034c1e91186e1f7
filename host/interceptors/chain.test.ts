import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { ViolationsSchema } from "../../gen/buf/validate/validate_pb.ts";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { lanes, startGuarded, transports } from "./guarded.fixture.ts";

const secret = "SELECT password FROM /etc/passwd";

/** Methods of each kind that end as the name they are sent says. */
const routes: Parameters<typeof startGuarded>[1] = router => {
  function end(how: string) {
    if (how === "fault") throw new TypeError(secret);
    if (how === "refusal") throw new ConnectError("told as it is", Code.FailedPrecondition);
    return { message: "done" };
  }
  router.service(Greeter, {
    sayHello: ({ name }) => end(name),
    async *sayHelloStream({ name }) {
      yield { message: "one" };
      yield end(name);
    },
    async sayHelloToMany(requests) {
      let last = "";
      for await (const { name } of requests) last = name;
      return end(last);
    },
  });
  router.service(DirectoryService, {
    createUser: () => assert.fail("a message that breaks a rule reaches the service"),
    exportUsers: () => assert.fail("a message that breaks a rule reaches the service"),
    async importUsers(requests) {
      for await (const { user } of requests) assert.equal(user?.name, "Ada");
      return {};
    },
  });
};

async function* one<T>(message: T) {
  yield message;
}

async function errorOf(call: Promise<unknown>): Promise<ConnectError> {
  return ConnectError.from(
    await call.then(
      () => assert.fail("the call succeeds"),
      reason => reason,
    ),
  );
}

const kinds = ["sayHello", "sayHelloStream", "sayHelloToMany"] as const;
type Kind = (typeof kinds)[number];

for (const [laneName, lane] of Object.entries(lanes)) {
  for (const protocol of Object.keys(transports) as (keyof typeof transports)[]) {
    /** Starts a server and returns how to call it, with the id that its answer carries. */
    async function start() {
      const server = await startGuarded(lane, routes);
      const client = server.client(Greeter, undefined, protocol);
      function call(kind: Kind, name: string, headers: Record<string, string> = {}) {
        let answered: string | null = null;
        const options = {
          headers,
          onHeader: (header: Headers) => {
            answered = header.get("x-request-id");
          },
        };
        async function run() {
          if (kind === "sayHello") await client.sayHello({ name }, options);
          else if (kind === "sayHelloToMany") await client.sayHelloToMany(one({ name }), options);
          else for await (const _ of client.sayHelloStream({ name }, options));
          return answered;
        }
        return run();
      }
      return { server, call };
    }

    test(`${laneName}, ${protocol}: an unexpected error is "internal error" to the client, and whole in the log`, async () => {
      const { server, call } = await start();
      await using _ = server;
      for (const kind of kinds) {
        server.lines.length = 0;
        const error = await errorOf(call(kind, "fault"));
        assert.equal(error.code, Code.Internal);
        assert.equal(error.rawMessage, "internal error");
        assert.deepEqual(error.details, []);
        assert.ok(!JSON.stringify([...error.metadata]).includes("password"));
        const [line, ...others] = server.lines as {
          code: string;
          level: number;
          err: { message: string; stack: string };
        }[];
        assert.deepEqual(others, []);
        assert.equal(line?.code, "INTERNAL");
        assert.equal(line.level, 50);
        assert.equal(line.err.message, secret);
        assert.match(line.err.stack, /chain\.test\.ts/);
      }
    });

    test(`${laneName}, ${protocol}: an error meant for the client reaches it`, async () => {
      const { server, call } = await start();
      await using _ = server;
      for (const kind of kinds) {
        const error = await errorOf(call(kind, "refusal"));
        assert.equal(error.code, Code.FailedPrecondition);
        assert.equal(error.rawMessage, "told as it is");
      }
    });

    test(`${laneName}, ${protocol}: each call has one line in the log, with the id that its answer carries`, async () => {
      const { server, call } = await start();
      await using _ = server;
      for (const kind of kinds) {
        for (const [name, code] of Object.entries({ Ada: "OK", refusal: "FAILED_PRECONDITION", fault: "INTERNAL" })) {
          for (const given of ["my-call-1", undefined, "an id with spaces", "x".repeat(129)]) {
            server.lines.length = 0;
            const headers = given === undefined ? undefined : { "x-request-id": given };
            const answered = await call(kind, name, headers).catch(reason =>
              ConnectError.from(reason).metadata.get("x-request-id"),
            );
            const told = `${kind} ${name} ${given}`;
            // A stream may be over for its client a moment before it is for the server.
            while (server.lines.length === 0) await new Promise(resolve => setImmediate(resolve));
            assert.deepEqual(
              server.lines.map(line => [line.requestId, line.code, line.method]),
              [[answered, code, `greeter.Greeter/${kind.replace(/^s/, "S")}`]],
              told,
            );
            if (given === "my-call-1") assert.equal(answered, given, told);
            else assert.match(answered ?? "", /^[\da-f]{8}-[\da-f-]{27}$/, told);
          }
        }
      }
    });

    test(`${laneName}, ${protocol}: a message that breaks a rule never reaches its service, unary or streamed`, async () => {
      const { server } = await start();
      await using _ = server;
      const client = server.client(DirectoryService, await server.token("alice", "admin"), protocol);
      const [good, bad] = ["Ada", "A".repeat(201)].map(name => ({ user: { name } }));
      async function* both() {
        yield good ?? {};
        yield bad ?? {};
      }
      for (const call of [
        () => client.createUser(bad ?? {}),
        () => client.importUsers(both()),
        () => Array.fromAsync(client.exportUsers({ filter: "x".repeat(2001) })),
      ]) {
        const error = await errorOf(call());
        assert.equal(error.code, Code.InvalidArgument, error.message);
        assert.equal(error.findDetails(ViolationsSchema).length, 1);
      }
    });
  }
}
