import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  DirectoryService,
  type GetUserRequestSchema,
  Role,
  type SelectorSchema,
  Start,
} from "../gen/concierge/directory/v1/directory_pb.ts";
import { ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { UserService } from "../gen/techoral/users/v1/user_service_pb.ts";
import { UserService as DemoUserService } from "../gen/user_service_pb.ts";
import { createSecret } from "../host/auth/keys.ts";
import { mintToken } from "../host/auth/mint-token.ts";
import type { Role as CallerRole } from "../host/auth/role.ts";
import { Requests } from "./support/feed.ts";
import { startServer } from "./support/server.ts";
import { bidiTransportsTo } from "./support/transports.ts";

const secretText = randomBytes(24).toString("base64url");
const secret = createSecret(secretText);

type Key = MessageInitShape<typeof GetUserRequestSchema>["key"];
type Kind = MessageInitShape<typeof SelectorSchema>["kind"];

const byId = (value: string): Key => ({ case: "id", value });
const byEmail = (value: string): Key => ({ case: "email", value });
const user = (value: string): Kind => ({ case: "userId", value });
const role: Kind = { case: "role", value: Role.ADMIN };
const all: Kind = { case: "all", value: true };

/** What a subject without a role may ask of the demo users, of whom "2" is Bob; a viewer, and an admin. */
const no = "PermissionDenied";
const expected: Readonly<Record<string, readonly [string, string, string]>> = {
  "own id": ["OK", "OK", "OK"],
  "own email": ["OK", "OK", "OK"],
  "own id in the old service": ["OK", "OK", "OK"],
  "another's id": [no, "OK", "OK"],
  "another's email": [no, "OK", "OK"],
  "nobody's id": [no, "NotFound", "NotFound"],
  "nobody's email": [no, "NotFound", "NotFound"],
  "another's id in the old service": [no, "OK", "OK"],
  "nobody's id in the old service": [no, "NotFound", "NotFound"],
  "own events": ["OK", "OK", "OK"],
  "another's events": [no, "OK", "OK"],
  "nobody's events": [no, "OK", "OK"],
  "events of a role": [no, no, "OK"],
  "all events": [no, no, "OK"],
  "own events, then another's": [no, "OK", "OK"],
  "own events, then all": [no, no, "OK"],
  "own events on the old stream": ["OK", "OK", "OK"],
  "another's events on the old stream": [no, "OK", "OK"],
  "nobody's events on the old stream": [no, "OK", "OK"],
  "all events on the old stream": [no, no, "OK"],
  "own events on the old stream, then another's": [no, "OK", "OK"],
};

/** The protocols over HTTP/2, each with one codec. */
function protocolsOf(baseUrl: string): [string, Transport][] {
  return [...bidiTransportsTo(baseUrl)].filter(([form]) => form.includes("binary"));
}

/** Reads until the stream has said as much as it has to, or fails. */
async function take(messages: AsyncIterable<unknown>, count: number): Promise<unknown[]> {
  const taken: unknown[] = [];
  for await (const message of messages) if (taken.push(message) === count) break;
  return taken;
}

for (const LANE of ["wire", "connect"]) {
  test(`${LANE} lane: everybody may read and follow themselves, viewers each other, admins all`, async () => {
    await using server = await startServer({
      LANE,
      AUTH_JWT_SECRET: secretText,
      DEMO_DATA: "true",
      RATE_LIMIT: "off",
      FEED_BOOKMARK_INTERVAL_MS: "60000",
      // The stock lane leaves streams half open that it refuses before their clients have ended.
      SHUTDOWN_GRACE_MS: "100",
    });
    for (const [form, transport] of protocolsOf(server.baseUrl)) {
      const directory = createClient(DirectoryService, transport);
      const users = createClient(UserService, transport);
      const demo = createClient(DemoUserService, transport);

      /** Makes every call that `expected` names as one caller, who is user 2. */
      function callsAs(token: string): Record<keyof typeof expected, () => Promise<unknown>> {
        const leave = new AbortController();
        const options = { headers: { authorization: `Bearer ${token}` }, signal: leave.signal };
        const get = (key: Key) => directory.getUser({ key }, options);
        const start = Start.SNAPSHOT_THEN_FOLLOW;
        async function follow(...kinds: Kind[]) {
          const selectors = kinds.map(kind => ({ selector: { kind }, start }));
          if (selectors.length === 1) return take(directory.subscribe(selectors[0] ?? {}, options), 2);
          const requests = new Requests<object>();
          const stream = directory.watch(requests, options)[Symbol.asyncIterator]();
          for (const [index, subscription] of selectors.entries()) {
            requests.push({ action: { case: "add", value: { subscriptionId: String(index), subscription } } });
            // A bookmark, the user, and SYNCED: it is open before the next one is asked for.
            for (let i = 0; i < 2; i++) await stream.next();
          }
          return requests.end();
        }
        async function watch(...ids: string[]) {
          const requests = new Requests<{ userId: string }>();
          const stream = users.watchUserEvents(requests, options)[Symbol.asyncIterator]();
          for (const userId of ids) {
            requests.push({ userId });
            await stream.next();
          }
          requests.end();
        }
        const calls = {
          "own id": () => get(byId("2")),
          "own email": () => get(byEmail("bob@example.com")),
          "own id in the old service": () => demo.getUser({ userId: 2 }, options),
          "another's id": () => get(byId("1")),
          "another's email": () => get(byEmail("alice@example.com")),
          "nobody's id": () => get(byId("999")),
          "nobody's email": () => get(byEmail("nobody@example.com")),
          "another's id in the old service": () => demo.getUser({ userId: 1 }, options),
          "nobody's id in the old service": () => demo.getUser({ userId: 999 }, options),
          "own events": () => follow(user("2")),
          "another's events": () => follow(user("1")),
          "nobody's events": () => follow(user("999")),
          "events of a role": () => follow(role),
          "all events": () => follow(all),
          "own events, then another's": () => follow(user("2"), user("1")),
          "own events, then all": () => follow(user("2"), all),
          "own events on the old stream": () => watch("2"),
          "another's events on the old stream": () => watch("1"),
          "nobody's events on the old stream": () => watch("999"),
          "all events on the old stream": () => watch("*"),
          "own events on the old stream, then another's": () => watch("2", "1"),
        };
        return Object.fromEntries(
          Object.entries(calls).map(([what, call]) => [what, () => call().finally(() => leave.abort())]),
        );
      }

      const roles: (CallerRole | undefined)[] = [undefined, "viewer", "admin"];
      for (const [index, callerRole] of roles.entries()) {
        const token = await mintToken({ secret, subject: "2", role: callerRole, ttlSeconds: 600 });
        for (const [what, codes] of Object.entries(expected)) {
          const outcome = await callsAs(token)
            [what]?.()
            .then(
              () => "OK",
              (error: unknown) => Code[ConnectError.from(error).code],
            );
          assert.equal(outcome, codes[index], `${form}, role ${callerRole}: ${what}`);
        }
      }
    }
  });

  test(`${LANE} lane: who may not read others cannot tell who is there, nor pass for one by a subject that looks like it`, async () => {
    await using server = await startServer({ LANE, AUTH_JWT_SECRET: secretText, DEMO_DATA: "true", RATE_LIMIT: "off" });
    for (const [form, transport] of protocolsOf(server.baseUrl)) {
      const directory = createClient(DirectoryService, transport);
      async function refusalOf(subject: string, key: Key): Promise<unknown> {
        const headers = { authorization: `Bearer ${await mintToken({ secret, subject, ttlSeconds: 600 })}` };
        try {
          return await directory.getUser({ key }, { headers });
        } catch (error) {
          const { code, rawMessage, ...rest } = ConnectError.from(error);
          const { reason, metadata } = ConnectError.from(error).findDetails(ErrorInfoSchema)[0] ?? {};
          return { code: Code[code], rawMessage, reason, metadata, details: rest.details.length };
        }
      }
      const refused = await refusalOf("9", byId("1"));
      assert.equal((refused as { code: string }).code, "PermissionDenied");
      const others = [byId("999"), byId("x"), byEmail("alice@example.com"), byEmail("nobody@example.com")];
      for (const key of others) assert.deepEqual(await refusalOf("9", key), refused, `${form}, ${key?.value}`);
      const likes = [
        "02",
        " 2",
        "2 ",
        "2.0",
        "+2",
        "0x2",
        "2e0",
        "\u0662",
        "2\u0000",
        "2\n",
        "bob@example.com",
        "Bob Smith",
      ];
      for (const subject of likes) {
        assert.deepEqual(await refusalOf(subject, byId("2")), refused, `${form}, ${JSON.stringify(subject)}`);
        assert.deepEqual(await refusalOf(subject, byEmail("bob@example.com")), refused, JSON.stringify(subject));
        // Nor where the asker spells the id so: it is nobody's.
        const asked = await refusalOf(subject, byId(subject));
        assert.ok(asked instanceof Object && "code" in asked, `${form}, ${JSON.stringify(subject)}`);
      }
    }
  });
}
