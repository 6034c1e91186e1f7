import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { never } from "../../test/support/port.ts";
import { callerKey } from "../auth/caller.ts";
import { startProvider } from "../auth/provider.fixture.ts";
import { createRemoteKeys } from "../auth/remote-keys.ts";
import { createTokenVerifier } from "../auth/token-verifier.ts";
import { lanes, startGuarded, transports } from "./guarded.fixture.ts";

/** Services that answer who calls. */
const routes: Parameters<typeof startGuarded>[1] = router => {
  router.service(UserService, {
    getUser: (_, { values }) => ({ user: { name: values.get(callerKey).subject } }),
    async *listUsers(_, { values }) {
      yield { name: values.get(callerKey).subject };
    },
  });
};

for (const [laneName, lane] of Object.entries(lanes)) {
  for (const [protocol, createTransport] of Object.entries(transports)) {
    test(`${laneName}, ${protocol}: callers who share a connection are told apart, call by call`, async () => {
      await using server = await startGuarded(lane, routes);
      const { getUser, listUsers } = createClient(UserService, createTransport(server.baseUrl));
      const tokens = new Map<string, string>();
      for (const name of ["alice", "bob", "carol"]) tokens.set(name, await server.token(name, "viewer"));
      async function check(name: string, index: number) {
        const token = tokens.get(name);
        const options = { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } };
        if (index % 2 === 0 || token === undefined) {
          assert.equal((await getUser({}, options)).user?.name, token === undefined ? "" : name);
        } else for await (const user of listUsers({}, options)) assert.equal(user.name, name);
      }
      // One after the other at first, so that a connection is left to the next; then all at a time.
      const names = ["alice", "alice", "bob", "nobody", "alice", "carol", "bob", "nobody", "nobody", "bob"];
      for (const [index, name] of names.entries()) await check(name, index);
      await Promise.all(Array.from({ length: 20 }, () => names.map(check)).flat());
    });

    test(`${laneName}, ${protocol}: without the provider's keys a token is UNAVAILABLE, and public calls are answered`, async () => {
      await using provider = await startProvider();
      provider.answer("error");
      let now = 0;
      const keys = createRemoteKeys({ url: provider.url, now: () => now, timeoutMs: never });
      await using server = await startGuarded(lane, routes, { verifier: createTokenVerifier({ keys }) });
      const token = await provider.sign({ sub: "alice", role: "viewer", exp: Math.floor(Date.now() / 1000) + 60 });
      const { getUser, listUsers } = createClient(UserService, createTransport(server.baseUrl));
      const headers = { authorization: `Bearer ${token}` };
      for (const call of [() => getUser({}, { headers }), () => Array.fromAsync(listUsers({}, { headers }))]) {
        const error = ConnectError.from(await call().catch(reason => reason));
        assert.equal(error.code, Code.Unavailable);
        assert.equal(error.rawMessage, "the keys of the identity provider are not at hand");
        assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, "KEYS_UNAVAILABLE");
        assert.equal(error.findDetails(RetryInfoSchema)[0]?.retryDelay?.seconds, 5n);
      }
      assert.equal((await getUser({})).user?.name, "");
      assert.equal(provider.fetches, 1);
      // It is asked again by itself, after the time that callers were told.
      provider.answer("keys");
      now = 5_000;
      assert.equal((await getUser({}, { headers })).user?.name, "alice");
      assert.equal(provider.fetches, 2);
    });
  }
}
