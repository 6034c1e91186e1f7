import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type DescMethod, type JsonObject, type JsonValue, ScalarType } from "@bufbuild/protobuf";
import { DirectoryService } from "../../gen/concierge/directory/v1/directory_pb.ts";
import { Greeter } from "../../gen/greeter/greeter_pb.ts";
import { UserService } from "../../gen/techoral/users/v1/user_service_pb.ts";
import { UserService as DemoUserService } from "../../gen/user_service_pb.ts";
import { takeApart } from "../../host/openapi/examples.ts";
import { type RestBinding, readHttpRules } from "../../host/rest/http-rule.ts";
import { createRandom } from "../support/random.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { askOverHttp1 } from "./ask.ts";

const rounds = 500;
const seed = 20_261_128;
const { pick, chance } = createRandom(seed);

/** Values of fields by their names, good ones and bad ones. */
const texts: Readonly<Record<string, readonly JsonValue[]>> = {
  id: ["1", "2", "6", "77", "x", "a/b", "%", "ü", "9".repeat(21)],
  userId: ["1", "3", "77", "x y"],
  email: ["alice@example.com", "nobody@example.com", "x", "ü@x.y", `${"a".repeat(250)}@x.yz`],
  name: ["Ada", "", " ", "Müller & Söhne", "x".repeat(201)],
  filter: ["role = admin", "x =", "", 'name:"a"'],
  orderBy: ["name", "id desc", "age"],
  pageToken: ["", "forged"],
  filterRole: ["admin", "USER_ROLE_VIEWER", "king"],
  etag: ["", "stale"],
  type: ["login", "Login", "created"],
  bio: ["", "b", null],
  payload: ["", "AQID"],
  requestId: ["", "no uuid"],
  updateMask: ["name", "bio,age", "*", "id", "nothing"],
};
const integers: readonly JsonValue[] = [0, 1, 2, -1, 150, 151, 1000, 2147483647];

function randomField(field: DescMethod["input"]["fields"][number]): JsonValue {
  if (field.fieldKind === "list") return Array.from({ length: pick([1, 2, 3]) }, () => pick(texts.id ?? []));
  if (field.enum) return pick(field.enum.values.map(({ name }) => name));
  if (field.message?.typeName === "google.protobuf.FieldMask") return pick(texts.updateMask ?? []);
  if (field.message) return randomMessage(field.message);
  if (field.jsonName === "userId" && field.scalar !== ScalarType.STRING) return pick(integers);
  const known = texts[field.jsonName];
  if (known) return pick(known);
  return field.scalar === ScalarType.BOOL ? pick([true, false]) : pick(integers);
}

function randomMessage(message: DescMethod["input"]): JsonObject {
  // What the server gives is not sent; a message within another one is there, mostly.
  const fields = message.fields.filter(({ message: inner }) => inner?.typeName !== "google.protobuf.Timestamp");
  const chosen = fields.filter(field => chance(field.message ? 0.9 : 0.4));
  return Object.fromEntries(chosen.map(field => [field.jsonName, randomField(field)]));
}

function has(json: JsonObject, { variables }: RestBinding): boolean {
  return variables.every(({ fields }) => {
    let at: JsonValue | undefined = json;
    for (const { jsonName } of fields) at = (at as JsonObject | undefined)?.[jsonName];
    return at !== undefined && at !== "";
  });
}

/** Whether plain HTTP says the same as the request's JSON does: the keys of a patch say what is cleared, too. */
function isSame({ httpMethod }: RestBinding, json: JsonObject): boolean {
  if (httpMethod !== "PATCH" || json.updateMask !== undefined) return true;
  const { id: _, etag: __, ...user } = (json.user ?? {}) as JsonObject;
  return Object.values(user).every(
    value => value !== null && value !== "" && value !== 0 && value !== "ROLE_UNSPECIFIED",
  );
}

function urlOf({ template, variables }: RestBinding, { path, query }: ReturnType<typeof takeApart>): string {
  const texts = variables.map(({ fields }) =>
    encodeURIComponent(String(path[fields.map(({ name }) => name).join(".")])),
  );
  const url = template.text.replace(/\{[^}]*\}/g, () => texts.shift() ?? "");
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const each of [value].flat()) parameters.append(name, String(each));
  return parameters.size > 0 ? `${url}?${parameters}` : url;
}

interface Outcome {
  readonly code: string;
  readonly message?: string;
  readonly reply?: JsonValue;
}

/** When and by which host something was answered differs. */
function withoutTimes(json: JsonValue): JsonValue {
  return JSON.parse(JSON.stringify(json), (key, value) =>
    /Time$|^timestamp$|^time$|^etag$|^createdAt$|^nextPageToken$/.test(key) ? undefined : value,
  );
}

async function byConnect(baseUrl: string, method: DescMethod, request: JsonObject): Promise<Outcome> {
  const path = `/${method.parent.typeName}/${method.name}`;
  const { status, json } = await askOverHttp1(baseUrl, path, { method: "POST", body: request });
  return status === 200
    ? { code: "OK", reply: withoutTimes(json) }
    : { code: json.code.toUpperCase(), message: json.message };
}

async function byRest(baseUrl: string, binding: RestBinding, request: JsonObject): Promise<Outcome> {
  const apart = takeApart(binding, request);
  const body = binding.body === undefined ? {} : { body: apart.body ?? Buffer.alloc(0) };
  const { status, json } = await askOverHttp1(baseUrl, urlOf(binding, apart), { method: binding.httpMethod, ...body });
  if (status === 200) return { code: "OK", reply: withoutTimes(json) };
  return { code: json.error.status, message: json.error.message };
}

let connect: TestServer;
let rest: TestServer;
before(async () => {
  connect = await startServer();
  rest = await startServer();
});
after(async () => {
  await connect[Symbol.asyncDispose]();
  await rest[Symbol.asyncDispose]();
});

test(`${rounds} generated requests are answered as over Connect, good ones and bad ones (seed ${seed})`, async t => {
  const services = [DirectoryService, Greeter, UserService, DemoUserService];
  const bindings = readHttpRules(services.flatMap(service => service.methods)).filter(
    ({ method }) => method.methodKind === "unary",
  );
  const codes = new Map<string, number>();
  let count = 0;
  while (count < rounds) {
    const binding = pick(bindings);
    const request = randomMessage(binding.method.input);
    if (!has(request, binding) || !isSame(binding, request)) continue;
    count++;
    const what = `${binding.httpMethod} ${binding.template.text} ${JSON.stringify(request)}`;
    const expected = await byConnect(connect.baseUrl, binding.method, request);
    const actual = await byRest(rest.baseUrl, binding, request);
    // A body of JSON has types, which a URL has not: each names the field in words of its own.
    const isMalformed = /^cannot decode/.test(expected.message ?? "");
    if (isMalformed) assert.equal(actual.code, expected.code, what);
    else assert.deepEqual(actual, expected, what);
    codes.set(actual.code, (codes.get(actual.code) ?? 0) + 1);
  }
  t.diagnostic([...codes].map(([code, times]) => `${times} ${code}`).join(", "));
  for (const code of ["OK", "NOT_FOUND", "INVALID_ARGUMENT", "ALREADY_EXISTS"]) assert.ok(codes.has(code), code);
});
